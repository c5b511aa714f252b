#pragma once

namespace sallyport::handshakes {

/// What others are measured beside: wolfSSL without a line of the product's, with the same suite, groups and
/// certificates, the chain of either side checked. Arguments as at the head of handshake_bench.cpp.
void alone(char** arguments);
/// The same behind a socket: what the kernel's part adds to it.
void serve(char** arguments);
/// Accepts and closes.
void shut(char** arguments);

}  // namespace sallyport::handshakes
