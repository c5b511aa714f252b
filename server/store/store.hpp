#pragma once

#include "common/base/result.hpp"
#include "server/config/pool_prefixes.hpp"
#include "server/proof/proof_judgement.hpp"
#include "server/store/database.hpp"
#include "server/store/device_record.hpp"
#include "server/store/disabled_user.hpp"
#include "server/store/held_authorities.hpp"
#include "server/store/lease.hpp"
#include "server/store/lease_book.hpp"
#include "server/store/proof_evidence.hpp"
#include "server/store/store_error.hpp"
#include "server/store/token_record.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// A newly issued device certificate.
struct Enrolment {
  DeviceId device;
  UserId user;
  std::string serial;
  WallTime not_after{};
  std::string issuer{};  ///< fingerprint of the authority that signed it; empty: the one there always was
};

/// A certificate that takes over from one that its device still holds.
struct Renewal {
  DeviceId device;
  UserId user;
  std::string presented;  ///< serial of the certificate that asked
  std::string serial;
  WallTime not_after{};
  std::string issuer{};  ///< as Enrolment::issuer
};

/// A device that a foreign authority names.
struct ForeignDevice {
  DeviceId device;
  UserId user;
  std::string authority;
  bool is_first_sight = false;  ///< nobody registered it: its authority's word was enough
};

/// The certificate that a device showed.
struct SeenCertificate {
  DeviceId device;
  std::string authority;  ///< that names the device; empty: our own
  std::string serial;
  std::string issuer;  ///< hex key id of what signed it
  WallTime not_after{};
};

/// An expired certificate stays on the revocation list for this long, so that clocks need not agree.
inline constexpr std::chrono::hours kRevokedAfterExpiry{24};

/// What the gateway must not forget: devices, their addresses, issued certificates, enrolment tokens, secrets and dates
/// of user proof, the number of the last revocation list. One SQLite file, shared by the gateway and the
/// administrator's tool; every change is on disk when its call returns, but for what a power cut may take without harm:
/// which addresses a device has, and the issuer of its certificate. For one thread at a time.
class Store {
 public:
  template <class T>
  using Outcome = Result<T, StoreError>;

  /// Opens what is there and checks it as a whole: a damaged, foreign or newer file is refused.
  [[nodiscard]] static Outcome<Store> open(const std::string& path);
  /// Also makes the file (mode 0600) when there is none.
  [[nodiscard]] static Outcome<Store> open_or_create(const std::string& path);

  [[nodiscard]] Outcome<std::optional<DeviceRecord>> device(const DeviceId& id);
  /// By name.
  [[nodiscard]] Outcome<std::vector<DeviceRecord>> devices();

  /// Records a certificate and makes its device active. An existing record is replaced when it is revoked or when
  /// `replace` says so; its older certificates are then revoked. A disabled device is refused.
  [[nodiscard]] Outcome<void> enroll(const Enrolment& enrolment, Replace replace, WallTime now);
  /// Whether enroll() would refuse; changes nothing.
  [[nodiscard]] Outcome<void> check_enrolment(const DeviceId& id, Replace replace);

  /// Makes a device known that a foreign authority names, whatever certificate it will show. An existing record is
  /// replaced as by enroll().
  [[nodiscard]] Outcome<void> add_foreign(const ForeignDevice& device, Replace replace, WallTime now);
  /// How many devices of this authority are on record as it sent them, and not revoked.
  [[nodiscard]] Outcome<std::uint64_t> count_first_sights(const std::string& authority);
  /// The device showed this certificate: it is its newest, unless one that lasts longer was seen. Writes only what
  /// changed, and nothing of a device of another authority.
  [[nodiscard]] Outcome<void> note_certificate(const SeenCertificate& seen);

  /// `id` and `hash` are new. Of the token itself nothing is kept.
  [[nodiscard]] Outcome<void> create_token(const std::string& id, const TokenHash& hash, const TokenGrant& grant,
                                           WallTime now);
  /// Oldest first, with those that are of no use any more.
  [[nodiscard]] Outcome<std::vector<TokenRecord>> tokens();
  /// The token with this hash, if it may be used now; changes nothing.
  [[nodiscard]] Outcome<TokenRecord> usable_token(const TokenHash& hash, WallTime now);
  /// Final; what was enrolled by it stays.
  [[nodiscard]] Outcome<void> revoke_token(const std::string& id, WallTime now);
  /// enroll() and one use of the token, both or neither: a token is never used more often than it may be, and no
  /// certificate is recorded without a use. The token as it is afterwards.
  [[nodiscard]] Outcome<TokenRecord> enroll_by_token(const TokenHash& hash, const Enrolment& enrolment, WallTime now);

  /// Whether renew() would refuse. `renewal.serial` and `not_after` are not looked at.
  [[nodiscard]] Outcome<DeviceRecord> check_renewal(const Renewal& renewal);
  /// Records the new certificate as the device's newest. The one that was presented stays good until
  /// confirm_renewal(): an answer that is lost on the way must not lock the laptop out.
  [[nodiscard]] Outcome<void> renew(const Renewal& renewal, WallTime now);
  /// The device showed that it has its newest certificate, `serial`: the previous one is revoked. Its serial; empty
  /// when there was nothing to do.
  [[nodiscard]] Outcome<std::string> confirm_renewal(const DeviceId& id, const std::string& serial, WallTime now);

  /// Revoking also revokes the device's certificates and cannot be taken back; repeating a state is no error.
  [[nodiscard]] Outcome<void> set_state(const DeviceId& id, DeviceState state, WallTime now);

  /// Takes all that the person's devices may do, whatever their own states are, until enable_user(); their enrolments,
  /// renewals and proofs too. True: they were not disabled before. Nobody has to know the person.
  [[nodiscard]] Outcome<bool> disable_user(const UserId& user, const std::string& reason, WallTime now);
  /// True: they were disabled. Devices are as they were; what was proved before stays forgotten.
  [[nodiscard]] Outcome<bool> enable_user(const UserId& user);
  [[nodiscard]] Outcome<std::optional<DisabledUser>> disabled_user(const UserId& user);
  /// Fails with UserDisabled when the person is.
  [[nodiscard]] Outcome<void> check_user(const UserId& user);

  /// Revokes the certificates of every device of this person and takes the devices off the record, with their
  /// addresses: for people who are nobody. How many.
  [[nodiscard]] Outcome<std::size_t> forget_devices_of(const UserId& user, WallTime now);

  /// Whether a device may lose its address to another one.
  using MayLoseLease = std::function<bool(const DeviceId&, bool is_revoked)>;
  /// The addresses of an active device: those it had, as far as `pools` still holds them, or the lowest free ones.
  /// An exhausted pool takes back the longest unused address of one that may lose it, of revoked devices first; without
  /// `may_lose`, of revoked devices alone.
  [[nodiscard]] Outcome<Lease> lease(const DeviceId& id, const PoolPrefixes& pools, WallTime now,
                                     const MayLoseLease& may_lose = {});
  /// What an admission reads of a device, so that the first one after a start finds its statements prepared.
  void read_ahead(const DeviceRecord& record);
  /// These devices use their addresses now.
  [[nodiscard]] Outcome<void> touch_leases(const std::vector<DeviceId>& devices, WallTime now);
  /// Forgets the addresses of a device.
  [[nodiscard]] Outcome<void> release(const DeviceId& id);
  [[nodiscard]] Outcome<std::map<DeviceId, Lease>> leases();

  /// A gateway's certificate; enroll() records those of devices.
  [[nodiscard]] Outcome<void> record_certificate(const CertificateRecord& certificate);
  /// By serial.
  [[nodiscard]] Outcome<std::vector<CertificateRecord>> certificates();

  /// Gives a person a secret and recovery codes. There is one already: refused, or replaced with all that was proved by
  /// it when `replace` says so.
  [[nodiscard]] Outcome<void> enroll_totp(const TotpEnrolment& enrolment, Replace replace, WallTime now);
  /// Forgets a person's secret, codes and proofs, and the failures of their devices. False: there was no secret.
  [[nodiscard]] Outcome<bool> reset_totp(const UserId& user);
  /// Everybody who has a device or a secret, or is disabled, by name.
  [[nodiscard]] Outcome<std::vector<UserProofState>> proof_states();

  /// Lets `judge` decide over what is kept of the person and device, and keeps what it returns, with the proof when it
  /// accepted: one step, so that no code counts twice, whatever other process writes. Refused when the device is not
  /// this person's active one with this serial.
  [[nodiscard]] Outcome<ProofOutcome> judge_proof(const ProofClaim& claim,
                                                  const std::function<ProofJudgement(const ProofRecord&)>& judge);
  /// What was proved at this device counts no more.
  [[nodiscard]] Outcome<void> forget_proofs(const DeviceId& id);
  /// When the person last proved to be at this device, while both are as they were then.
  [[nodiscard]] Outcome<std::optional<WallTime>> proof_of(const DeviceId& device, const UserId& user,
                                                          const std::string& serial);

  /// What a device says it trusts; forgotten when it is enrolled anew. True: that is news.
  [[nodiscard]] Outcome<bool> note_authorities(const DeviceId& id, const HeldAuthorities& held);
  [[nodiscard]] Outcome<std::optional<HeldAuthorities>> held_authorities(const DeviceId& id);
  [[nodiscard]] Outcome<std::map<DeviceId, HeldAuthorities>> held_authorities();
  /// Which authority signed the newest certificate of each device, as far as that is on record.
  [[nodiscard]] Outcome<std::map<DeviceId, std::string>> issuers();
  [[nodiscard]] Outcome<std::uint64_t> count_issued_by(const std::string& issuer);

  /// By serial, without those whose certificate ended more than `keep` ago.
  [[nodiscard]] Outcome<std::vector<RevokedCertificate>> revoked_serials(
      WallTime now, std::chrono::seconds keep = kRevokedAfterExpiry);
  /// Of the last published list; 0 before the first.
  [[nodiscard]] Outcome<std::uint64_t> crl_number();

  /// Takes `count` session numbers for this process: never one that was taken before, and none below `at_least`. The
  /// first of them.
  [[nodiscard]] Outcome<std::uint64_t> reserve_sessions(std::uint64_t at_least, std::uint64_t count);

  /// The latest civil time that was kept; nullopt: none was.
  [[nodiscard]] Outcome<std::optional<WallTime>> latest_time();
  /// A time before the one that is kept changes nothing.
  [[nodiscard]] Outcome<void> keep_latest_time(WallTime seen);
  /// Takes the place of what is kept, though that be later.
  [[nodiscard]] Outcome<void> accept_time(WallTime time);

  struct CrlContent {
    std::uint64_t number = 0;
    std::vector<RevokedCertificate> revoked;
  };
  /// Publishes the next list: one above the last number and above `at_least`. Other writers wait meanwhile, so lists
  /// appear in the order of their numbers. `publish` returns words when it failed; the number is then not used.
  [[nodiscard]] Outcome<std::uint64_t> publish_crl(
      std::uint64_t at_least, WallTime now, const std::function<std::optional<std::string>(const CrlContent&)>& publish,
      std::chrono::seconds keep = kRevokedAfterExpiry);

 private:
  explicit Store(Database database) noexcept : database_{std::move(database)} {}

  /// The lease of an active device that lease() would leave as it is; nullopt: there is something to write.
  [[nodiscard]] Outcome<std::optional<Lease>> standing_lease(const DeviceId& id, const PoolPrefixes& pools,
                                                             WallTime now);
  [[nodiscard]] Outcome<void> check_enrolment_of(const std::optional<DeviceRecord>& existing, Replace replace);
  [[nodiscard]] Outcome<void> write_enrolment(const Enrolment& enrolment, WallTime now);
  [[nodiscard]] Outcome<void> add_enrolment(const Enrolment& enrolment, Replace replace, WallTime now);
  [[nodiscard]] Outcome<void> consume_token(const TokenRecord& token, const std::string& serial, WallTime now);
  [[nodiscard]] Outcome<void> forget_foreign(const DeviceId& id);
  [[nodiscard]] Outcome<void> note_first_sight(const ForeignDevice& device);
  [[nodiscard]] Outcome<std::string> make_up_certificate(const DeviceId& id);
  [[nodiscard]] Outcome<void> note_newest(const SeenCertificate& seen);
  [[nodiscard]] Outcome<void> note_issuer(const SeenCertificate& seen);
  [[nodiscard]] Outcome<bool> is_revoked(const std::string& serial);
  [[nodiscard]] Outcome<void> revoke_certificate(const std::string& serial, WallTime now);
  [[nodiscard]] Outcome<void> forget_previous(const DeviceId& id);
  [[nodiscard]] Outcome<void> keep_previous(const Renewal& renewal, WallTime now);
  [[nodiscard]] Outcome<void> take_newest(const Renewal& renewal);
  [[nodiscard]] Outcome<void> revoke_certificates(const DeviceId& id, WallTime now);
  [[nodiscard]] Outcome<void> forget_authorities(const DeviceId& id);
  [[nodiscard]] Outcome<void> note_issuer(const std::string& serial, const std::string& issuer);
  [[nodiscard]] Outcome<void> forget_totp(const UserId& user);
  void cut_log();
  [[nodiscard]] Outcome<void> write_totp(const TotpEnrolment& enrolment, WallTime now);
  [[nodiscard]] Outcome<void> write_recovery(const UserId& user, const std::vector<Sha256Digest>& digests);
  [[nodiscard]] Outcome<ProofRecord> read_proof_record(const UserId& user, const DeviceId& device);
  [[nodiscard]] Outcome<void> write_proof_record(const ProofRecord& before, const ProofRecord& after,
                                                 const DeviceId& device);
  [[nodiscard]] Outcome<void> write_failures(const DeviceId& device, const FailedAttempts& failures);
  [[nodiscard]] Outcome<void> write_proof(const ProofClaim& claim, const std::string& newest);
  [[nodiscard]] Outcome<void> carry_proof_over(const Renewal& renewal);

  Database database_;
  LeaseBook lease_book_;
};

}  // namespace sallyport
