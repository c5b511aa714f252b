#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline constexpr std::size_t kMaxRevocationList = 8U << 20U;

/// A version 2 CRL. Parsing proves form only; is_signed_by() proves origin.
class RevocationList {
 public:
  /// Strict DER. Unknown critical extensions, delta and indirect lists are refused, as is a list without a number.
  [[nodiscard]] static Result<RevocationList, PkiError> parse(Bytes der);

  [[nodiscard]] Bytes der() const noexcept { return der_; }
  [[nodiscard]] const ByteBuffer& issuer_der() const noexcept { return issuer_der_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] WallTime this_update() const noexcept { return this_update_; }
  [[nodiscard]] WallTime next_update() const noexcept { return next_update_; }
  /// Sorted, lower-case hex as CertificateInfo::serial_hex.
  [[nodiscard]] const std::vector<std::string>& serials() const noexcept { return serials_; }
  [[nodiscard]] bool contains(std::string_view serial_hex) const noexcept;
  [[nodiscard]] bool is_signed_by(const PublicKey& issuer_key) const;

 private:
  RevocationList() = default;

  ByteBuffer der_;
  ByteBuffer issuer_der_;
  std::uint64_t number_ = 0;
  WallTime this_update_{};
  WallTime next_update_{};
  std::vector<std::string> serials_;
};

/// Every X509 CRL block of a PEM text; an empty list when there is none.
[[nodiscard]] Result<std::vector<RevocationList>, PkiError> parse_revocation_lists(std::string_view pem);
inline constexpr std::size_t kMaxOfferedLists = 64;

/// A block of a source that is no list we take.
struct UnreadList {
  std::size_t place = 1;  ///< 1: the first one
  PkiError error;
  ByteBuffer issuer_der{};  ///< whose list it would be; empty: that cannot be read either
  bool is_whole = true;     ///< false: its source ends within it, as while it is being written
};

/// What a file or a server has: PEM blocks or one list in DER; at least one, at most kMaxOfferedLists.
struct ReadLists {
  std::vector<RevocationList> lists;
  std::vector<UnreadList> unread;  ///< in their order; each spoils none of the others
};
[[nodiscard]] Result<ReadLists, PkiError> read_revocation_lists(std::string_view content);

}  // namespace sallyport
