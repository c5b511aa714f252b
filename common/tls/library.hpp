#pragma once

#include "common/base/result.hpp"
#include "common/tls/tls_error.hpp"

#include <string>

namespace sallyport {

/// "5.9.2", as it runs.
[[nodiscard]] std::string tls_library_version();

/// What seals and opens large records here: "libipsec-mb 1.3.0", or "wolfSSL 5.9.2".
[[nodiscard]] std::string record_cipher_name();

/// Initialises wolfSSL once per process and refuses one below the version we know to be repaired. Every context asks;
/// programs ask at start-up, before they make threads.
[[nodiscard]] Result<void, TlsError> prepare_tls_library();

}  // namespace sallyport
