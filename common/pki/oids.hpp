#pragma once

#include <string_view>

/// Object identifiers as their DER content octets.
namespace sallyport::oids {

using namespace std::string_view_literals;

inline constexpr auto kEcPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01"sv;
inline constexpr auto kP256 = "\x2a\x86\x48\xce\x3d\x03\x01\x07"sv;
inline constexpr auto kP384 = "\x2b\x81\x04\x00\x22"sv;
inline constexpr auto kEd25519 = "\x2b\x65\x70"sv;
inline constexpr auto kRsa = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;

inline constexpr auto kEcdsaSha1 = "\x2a\x86\x48\xce\x3d\x04\x01"sv;
inline constexpr auto kEcdsaSha256 = "\x2a\x86\x48\xce\x3d\x04\x03\x02"sv;
inline constexpr auto kEcdsaSha384 = "\x2a\x86\x48\xce\x3d\x04\x03\x03"sv;
inline constexpr auto kEcdsaSha512 = "\x2a\x86\x48\xce\x3d\x04\x03\x04"sv;
inline constexpr auto kRsaMd5 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"sv;
inline constexpr auto kRsaSha1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"sv;
inline constexpr auto kRsaSha256 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv;
inline constexpr auto kRsaSha384 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv;
inline constexpr auto kRsaSha512 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv;

inline constexpr auto kPkcs7Data = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"sv;
inline constexpr auto kPkcs7SignedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;

inline constexpr auto kCommonName = "\x55\x04\x03"sv;
inline constexpr auto kSerialNumber = "\x55\x04\x05"sv;
inline constexpr auto kCountry = "\x55\x04\x06"sv;
inline constexpr auto kOrganization = "\x55\x04\x0a"sv;
inline constexpr auto kOrganizationalUnit = "\x55\x04\x0b"sv;

inline constexpr auto kSubjectKeyId = "\x55\x1d\x0e"sv;
inline constexpr auto kKeyUsage = "\x55\x1d\x0f"sv;
inline constexpr auto kSubjectAltName = "\x55\x1d\x11"sv;
inline constexpr auto kBasicConstraints = "\x55\x1d\x13"sv;
inline constexpr auto kCrlNumber = "\x55\x1d\x14"sv;
inline constexpr auto kAuthorityKeyId = "\x55\x1d\x23"sv;
inline constexpr auto kExtendedKeyUsage = "\x55\x1d\x25"sv;
inline constexpr auto kAnyExtendedKeyUsage = "\x55\x1d\x25\x00"sv;
inline constexpr auto kServerAuth = "\x2b\x06\x01\x05\x05\x07\x03\x01"sv;
inline constexpr auto kClientAuth = "\x2b\x06\x01\x05\x05\x07\x03\x02"sv;

}  // namespace sallyport::oids
