#pragma once

#include "common/base/time.hpp"
#include "common/tls/context.hpp"
#include "common/tls/device_identity.hpp"

#include <memory>
#include <optional>
#include <string>

struct WOLFSSL_X509_STORE_CTX;

namespace sallyport {

/// The judgement of one peer's certificate, made inside the library's verify callback. It can only refuse more than
/// the library does: accepting on an error would make the library trust the attacker's authority for every later peer.
/// There are two exceptions, both for a device's own certificate, which is no authority's and whose signature and
/// revocation are judged here: one that is over and in its grace (its identity says RenewalOnly), and one of an
/// authority that needs no revocation list and has none, where others have theirs.
class PeerCheck {
 public:
  /// `name` is the trust domain for a server, the gateway's name for a client. Takes from `context` what it needs.
  PeerCheck(const Context& context, std::string name, WallTime now);

  /// The library's verify callback; a PeerCheck is its user context. Returns 1 to go on, 0 to refuse.
  static int on_verify(int library_accepts, WOLFSSL_X509_STORE_CTX* store);

  /// Dates are judged at `now` from here on.
  void judge_at(WallTime now) noexcept { now_ = now; }

  /// Null: nobody was accepted.
  [[nodiscard]] const PeerIdentity* identity() const noexcept { return identity_.get(); }
  [[nodiscard]] std::unique_ptr<const PeerIdentity> take_identity() noexcept { return std::move(identity_); }
  [[nodiscard]] const std::optional<CertificateRefusal>& refusal() const noexcept { return refusal_; }
  /// Null where nobody is checked.
  [[nodiscard]] const TrustBundle* trust() const noexcept { return trust_.get(); }

 private:
  [[nodiscard]] bool judge(bool library_accepts, const WOLFSSL_X509_STORE_CTX& store);
  [[nodiscard]] Result<PeerIdentity, CertificateRefusal> judge_leaf(Bytes der) const;
  [[nodiscard]] Result<PeerIdentity, CertificateRefusal> judge_device(const CertificateInfo& leaf) const;

  Context::Role role_;
  std::shared_ptr<const TrustBundle> trust_;
  std::chrono::seconds grace_;
  std::string name_;
  WallTime now_;
  std::unique_ptr<const PeerIdentity> identity_;
  std::optional<CertificateRefusal> refusal_;
};

}  // namespace sallyport
