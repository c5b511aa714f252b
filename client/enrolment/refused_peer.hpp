#pragma once

#include "common/tls/tls_error.hpp"

#include <string>

namespace sallyport {

/// Why this laptop does not talk to the gateway that answered, and what its person can do.
[[nodiscard]] std::string words_for_untrusted_gateway(const TlsError& error);
/// Why the gateway does not take this laptop's certificate.
[[nodiscard]] std::string words_for_refused_device(const TlsError& error);

/// What answered does not speak the gateway's language.
[[nodiscard]] std::string words_for_strange_answer(const TlsError& error);

}  // namespace sallyport
