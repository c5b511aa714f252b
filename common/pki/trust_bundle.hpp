#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/authority_rules.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/good_signatures.hpp"
#include "common/pki/high_water_mark.hpp"
#include "common/pki/revocation_list.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

enum class TrustProblem : std::uint8_t {
  MalformedCa,    ///< no readable certificate
  NotACa,         ///< CA:TRUE, keyCertSign or (with a list) cRLSign missing
  WeakCa,         ///< key or signature below what we accept
  SharedCa,       ///< one key under two names, one name with two keys, or in two entries: whose certificate is whose?
  UnknownCa,      ///< trusted no more
  CaNotYetValid,  ///< before its notBefore
  CaExpired,      ///< after its notAfter
  MissingCrl,     ///< required, but an authority has none
  UnreadCrl,      ///< the only one that an authority has cannot be read: what it revokes is not known
  MalformedCrl,   ///< not a revocation list
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

/// What one source of revocation lists has: PEM or DER, good or bad.
struct OfferedList {
  std::string origin;  ///< for people: a path or a URL
  std::string content;
  std::string error{};  ///< why nothing could be had; empty: `content` is what it has
  /// The place of the configuration that it was found at. Empty: it is what was kept of lists that were good before,
  /// and says nothing of what there is now.
  std::string source{};
};

/// Why a source's list is not used.
struct ListFault {
  std::string origin;
  TrustError error;
};

/// What a source has for an authority and nobody here can read, as long as it has that.
struct UnreadSource {
  std::string authority;  ///< hex of its key id
  std::string source;     ///< as OfferedList::source
  std::string words;      ///< for people: where, and what is wrong
  friend bool operator==(const UnreadSource&, const UnreadSource&) = default;
};

/// An authority beside our own.
struct ForeignAuthority {
  AuthorityRules rules;
  std::string certificates_pem;
  std::vector<OfferedList> lists{};
  std::vector<std::string> sources{};  ///< all places of the configuration where its lists are
};

/// Where trust comes from: file contents, not paths.
struct TrustSources {
  std::string ca_pem;
  std::optional<std::string> crl_pem;
  bool crl_required = true;
  HighWaterMark high_water_mark;
  std::chrono::seconds crl_grace{0};
  std::vector<ForeignAuthority> foreign{};
  /// What was known of sources when they were looked at last: holds for each until it is looked at again.
  std::vector<UnreadSource> unread{};
};

/// Authorities and their revocation lists, verified against each other. An immutable snapshot, shared by pointer.
class TrustBundle {
 public:
  /// Refuses every problem of our own authority but one: an expired list loads, so that a gateway can start and say so,
  /// and problem_at() then refuses every handshake (E-8). On reload the caller keeps the bundle it has when this fails.
  /// Of a foreign authority the newest good list of all that are offered counts; the others are faults(). It may also
  /// have expired itself, and refuses its devices alone then. Where it must have a list and none is good, this fails.
  /// One that cannot be read spoils none of its neighbours: whose it would be counts as stale, see unread().
  [[nodiscard]] static Result<std::shared_ptr<const TrustBundle>, TrustError> load(const TrustSources& sources,
                                                                                   WallTime now);

  struct Offer;
  /// What becomes of this bundle when the foreign authority `name` offers these lists: of each source all that it has.
  /// Changes nothing.
  [[nodiscard]] Offer offer(std::string_view name, const std::vector<OfferedList>& lists, WallTime now) const;

  /// Why no handshake may succeed at `now`; nullopt when all is well with one authority at least.
  [[nodiscard]] std::optional<TrustError> problem_at(WallTime now) const;
  /// The same for one of authorities().
  [[nodiscard]] std::optional<TrustError> problem_of(const CertificateInfo& authority, WallTime now) const;
  /// Why a session may not go on whose certificate was signed by the authority with this key: as problem_of(), but a
  /// list that has expired is good for its grace.
  [[nodiscard]] std::optional<TrustError> session_problem(std::string_view authority_id, WallTime now) const;

  /// The authority that signed `certificate` itself; null when there is none. Chains through intermediates do not
  /// count. A signature that was found good is not verified again.
  [[nodiscard]] const CertificateInfo* issuer_of(const CertificateInfo& certificate) const;
  /// An authority has this subject: a certificate that names it and has no issuer_of() is forged.
  [[nodiscard]] bool has_name(Bytes subject_der) const noexcept;
  /// Null: trusted no more.
  [[nodiscard]] const CertificateInfo* authority_with(std::string_view id) const noexcept;
  /// Of one of authorities(): what it is trusted with, the hex of its key id, its list (null: none).
  [[nodiscard]] const AuthorityRules& rules_of(const CertificateInfo& authority) const noexcept;
  [[nodiscard]] const std::string& id_of(const CertificateInfo& authority) const noexcept;
  [[nodiscard]] const RevocationList* list_of(const CertificateInfo& authority) const noexcept;

  /// On the list of the authority with this key. One that is not trusted vouches for nothing: true.
  [[nodiscard]] bool is_revoked_by(std::string_view authority_id, std::string_view serial_hex) const noexcept;

  [[nodiscard]] const std::vector<CertificateInfo>& authorities() const noexcept { return authorities_; }
  [[nodiscard]] const std::vector<RevocationList>& revocation_lists() const noexcept { return lists_; }
  /// The authority that signed revocation_lists()[`list`].
  [[nodiscard]] const CertificateInfo& signer_of(std::size_t list) const noexcept {
    return authorities_[list_signers_[list]];
  }
  /// Our own first, then the foreign ones.
  [[nodiscard]] const std::vector<AuthorityRules>& rules() const noexcept { return rules_; }
  [[nodiscard]] const std::vector<ListFault>& faults() const noexcept { return faults_; }
  /// Whose revocation is not known as it is now: the last good list counts on, but has no date, so that no condition on
  /// its age is met. Whoever has no list is refused. One for each authority and source; TrustSources::unread for the
  /// next bundle, so that nothing is forgotten that nobody has looked at since.
  [[nodiscard]] const std::vector<UnreadSource>& unread() const noexcept { return unread_; }
  [[nodiscard]] bool is_unread(const CertificateInfo& authority) const noexcept;

  /// The date of the list of the authority with this key: each certificate was held against that one. Nullopt when
  /// there is none, or one that is unread().
  [[nodiscard]] std::optional<WallTime> revocation_as_of(std::string_view authority_id) const;
  /// The date of the oldest list of the authority of this name.
  [[nodiscard]] std::optional<WallTime> revocation_as_of_name(std::string_view name) const;
  /// Of our own authority.
  [[nodiscard]] bool crl_required() const noexcept { return rules_.front().crl_required; }
  /// The given mark raised by this bundle's lists: persist it once the bundle is in use.
  [[nodiscard]] const HighWaterMark& high_water_mark() const noexcept { return mark_; }

  /// What issuer_of() and the TLS library found good (ecdsa.hpp). A reload of trust begins with none; offer() changes
  /// no authority and keeps it.
  [[nodiscard]] GoodSignatures& good_signatures() const noexcept { return *good_; }

 private:
  TrustBundle() = default;
  [[nodiscard]] std::optional<TrustError> add_own(const TrustSources& sources, WallTime now);
  [[nodiscard]] std::optional<TrustError> add_foreign(const ForeignAuthority& foreign,
                                                      const std::vector<UnreadSource>& unread, WallTime now);
  [[nodiscard]] std::optional<TrustError> add_authorities(const std::string& pem, bool with_lists);
  [[nodiscard]] std::optional<TrustError> add_lists(const std::string& pem, WallTime now);
  [[nodiscard]] std::optional<TrustError> add_list(RevocationList list, WallTime now);
  [[nodiscard]] Result<std::size_t, TrustError> judge_list(const RevocationList& list, std::size_t rules,
                                                           WallTime now) const;
  struct Look;
  [[nodiscard]] std::optional<TrustError> check_namesakes(const CertificateInfo& ca, const std::string& id,
                                                          bool with_lists) const;
  [[nodiscard]] bool take_all(std::size_t rules, const std::vector<OfferedList>& offered, WallTime now);
  [[nodiscard]] bool take_offered(std::size_t rules, const OfferedList& offered, WallTime now, Look& look);
  [[nodiscard]] bool take_newer(RevocationList list, std::size_t signer);
  void keep_unread(const std::vector<std::string>& sources, const std::vector<UnreadSource>& unread);
  [[nodiscard]] bool note_unread(std::size_t rules, const std::map<std::string, Look>& looks);
  [[nodiscard]] std::optional<TrustError> check_coverage() const;
  [[nodiscard]] bool has_key(std::size_t rules, std::string_view id) const noexcept;
  [[nodiscard]] bool is_signed_by(const CertificateInfo& certificate, const PublicKey& key) const;
  [[nodiscard]] std::size_t index_of(const CertificateInfo& authority) const noexcept;
  [[nodiscard]] std::optional<std::size_t> list_index(std::size_t authority) const noexcept;
  [[nodiscard]] bool is_unread(std::size_t authority) const noexcept;
  [[nodiscard]] std::optional<TrustError> problem_at_index(std::size_t authority, WallTime now,
                                                           std::chrono::seconds grace) const;

  std::vector<AuthorityRules> rules_;
  std::vector<CertificateInfo> authorities_;
  // Of each authority: the place of its rules, and the hex of its key id.
  std::vector<std::size_t> rules_of_;
  std::vector<std::string> ids_;
  std::vector<RevocationList> lists_;
  std::vector<std::size_t> list_signers_;
  std::vector<ListFault> faults_;
  std::vector<UnreadSource> unread_;
  HighWaterMark mark_;
  std::shared_ptr<GoodSignatures> good_ = std::make_shared<GoodSignatures>();
};

struct TrustBundle::Offer {
  std::shared_ptr<const TrustBundle> newer;  ///< null: nothing changed
  std::vector<ListFault> faults{};
};

}  // namespace sallyport
