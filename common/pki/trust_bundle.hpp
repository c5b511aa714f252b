#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/high_water_mark.hpp"
#include "common/pki/revocation_list.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

enum class TrustProblem : std::uint8_t {
  MalformedCa,       ///< no readable certificate
  NotACa,            ///< CA:TRUE, keyCertSign or (with a list) cRLSign missing
  WeakCa,            ///< key or signature below what we accept
  CaNotYetValid,     ///< before its notBefore
  CaExpired,         ///< after its notAfter
  MissingCrl,        ///< required, but an authority has none
  MalformedCrl,      ///< not a revocation list
  UnknownCrlIssuer,  ///< issued by none of the authorities
  ForgedCrl,         ///< signature does not verify
  OlderCrl,          ///< below the high-water mark: would un-revoke
  CrlNotYetValid,    ///< thisUpdate lies in the future
  CrlExpired,        ///< nextUpdate has passed
};

struct TrustError {
  TrustProblem problem;
  std::string words;
};
[[nodiscard]] inline const std::string& to_string(const TrustError& error) noexcept { return error.words; }

/// Where trust comes from: file contents, not paths.
struct TrustSources {
  std::string ca_pem;
  std::optional<std::string> crl_pem;
  bool crl_required = true;
  HighWaterMark high_water_mark;
};

/// Authorities and their revocation lists, verified against each other. An immutable snapshot, shared by pointer.
class TrustBundle {
 public:
  /// Refuses every problem but one: an expired list loads, so that a gateway can start and say so, and problem_at()
  /// then refuses every handshake (E-8). On reload the caller keeps the bundle it has when this fails.
  [[nodiscard]] static Result<std::shared_ptr<const TrustBundle>, TrustError> load(const TrustSources& sources,
                                                                                   WallTime now);

  /// Why no handshake may succeed at `now`; nullopt when all is well. Established sessions end by the same rule.
  [[nodiscard]] std::optional<TrustError> problem_at(WallTime now) const;
  /// The same for one of authorities().
  [[nodiscard]] std::optional<TrustError> problem_of(const CertificateInfo& authority, WallTime now) const;
  /// The first moment at which problem_at() will have something to say.
  [[nodiscard]] WallTime expires_at() const noexcept;

  /// The authority that signed `certificate` itself; null when there is none. Chains through intermediates do not
  /// count.
  [[nodiscard]] const CertificateInfo* issuer_of(const CertificateInfo& certificate) const;
  /// An authority has this subject: a certificate that names it and has no issuer_of() is forged.
  [[nodiscard]] bool has_name(Bytes subject_der) const noexcept;
  /// By issuer and serial; `issuer_der` is the Name as encoded.
  [[nodiscard]] bool is_revoked(Bytes issuer_der, std::string_view serial_hex) const noexcept;
  /// Listed by any authority: for sweeping live sessions after a reload.
  [[nodiscard]] bool is_revoked(std::string_view serial_hex) const noexcept;

  [[nodiscard]] const std::vector<CertificateInfo>& authorities() const noexcept { return authorities_; }
  [[nodiscard]] const std::vector<RevocationList>& revocation_lists() const noexcept { return lists_; }
  /// The date of the oldest list: every certificate was held against lists at least this new. Nullopt without lists.
  [[nodiscard]] std::optional<WallTime> revocation_as_of() const;
  [[nodiscard]] bool crl_required() const noexcept { return crl_required_; }
  /// The given mark raised by this bundle's lists: persist it once the bundle is in use.
  [[nodiscard]] const HighWaterMark& high_water_mark() const noexcept { return mark_; }

 private:
  TrustBundle() = default;
  [[nodiscard]] std::optional<TrustError> add_authorities(const std::string& pem, WallTime now, bool with_lists);
  [[nodiscard]] std::optional<TrustError> add_lists(const std::string& pem, WallTime now);
  [[nodiscard]] std::optional<TrustError> add_list(RevocationList list, WallTime now);
  [[nodiscard]] std::optional<TrustError> check_coverage() const;
  [[nodiscard]] const RevocationList* list_of(const CertificateInfo& authority) const;

  std::vector<CertificateInfo> authorities_;
  std::vector<RevocationList> lists_;
  bool crl_required_ = true;
  HighWaterMark mark_;
};

}  // namespace sallyport
