#pragma once

#include "common/tls/aes_gcm.hpp"

#include <cstddef>

struct wc_CryptoInfo;

namespace sallyport {

/// Below this many octets wolfSSL, which keeps its expanded keys, is as fast as one that expands a key for each record.
inline constexpr std::size_t kBulkRecord = 1000;

/// Lets `cipher` do what wolfSSL is about to do itself, when that is a record of TLS 1.3 of kBulkRecord octets or more.
/// The result is the library's: 0, AES_GCM_AUTH_E for a record that is not genuine, or CRYPTOCB_UNAVAILABLE, upon which
/// wolfSSL does it.
[[nodiscard]] int answer_record(const AesGcm& cipher, const wc_CryptoInfo& request) noexcept;

}  // namespace sallyport
