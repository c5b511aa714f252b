#include "server/store/store.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

StoreError already_enrolled(const UserId& user) {
  return StoreError{StoreProblem::AlreadyEnrolled,
                    "there is a secret of " + user.text() +
                        " already; add --replace to make a new one, which ends the old one and all that it proved"};
}

}  // namespace

/// What was forgotten is overwritten in the file, but stays in the log beside it until that is used again: cut it off.
/// A reader may be in the way; then it goes with the next one.
void Store::cut_log() { (void)database_.run("PRAGMA wal_checkpoint(TRUNCATE)"); }

/// Failures stay: a device that may renew its certificate by itself must not get new tries by doing so.
Store::Outcome<void> Store::forget_proofs(const DeviceId& id) {
  auto statement = database_.prepare("DELETE FROM proofs WHERE device = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, id.text()).run();
}

/// Recovery codes go with the secret.
Store::Outcome<void> Store::forget_totp(const UserId& user) {
  for (const auto* sql : {"DELETE FROM totp_secrets WHERE user = ?", "DELETE FROM proofs WHERE user = ?",
                          "DELETE FROM proof_failures WHERE device IN (SELECT id FROM devices WHERE user = ?)"}) {
    auto statement = database_.prepare(sql);
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, user.text()).run(); !done) return done;
  }
  return {};
}

Store::Outcome<void> Store::write_totp(const TotpEnrolment& enrolment, WallTime now) {
  auto statement =
      database_.prepare("INSERT INTO totp_secrets (user, secret, used_step, enrolled_at) VALUES (?, ?, 0, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, enrolment.user.text()).bind(1, Bytes{enrolment.secret}).bind(2, now).run();
}

Store::Outcome<void> Store::write_recovery(const UserId& user, const std::vector<Sha256Digest>& digests) {
  for (const auto& digest : digests) {
    auto statement = database_.prepare("INSERT INTO recovery_codes (user, digest) VALUES (?, ?)");
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, user.text()).bind(1, Bytes{digest}).run(); !done) return done;
  }
  return {};
}

Store::Outcome<void> Store::enroll_totp(const TotpEnrolment& enrolment, Replace replace, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  auto existing = read_proof_record(enrolment.user, {});
  if (!existing) return fail(std::move(existing.error()));
  if (existing->totp && replace == Replace::No) return fail(already_enrolled(enrolment.user));
  if (auto forgotten = forget_totp(enrolment.user); !forgotten) return forgotten;
  if (auto written = write_totp(enrolment, now); !written) return written;
  if (auto written = write_recovery(enrolment.user, enrolment.recovery); !written) return written;
  if (auto done = transaction->commit(); !done) return done;
  cut_log();
  return {};
}

Store::Outcome<bool> Store::reset_totp(const UserId& user) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  auto existing = read_proof_record(user, {});
  if (!existing) return fail(std::move(existing.error()));
  if (auto forgotten = forget_totp(user); !forgotten) return fail(std::move(forgotten.error()));
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  cut_log();
  return existing->totp.has_value();
}

Store::Outcome<std::vector<UserProofState>> Store::proof_states() {
  auto statement = database_.prepare(
      "SELECT u.user, (SELECT count(*) FROM devices d WHERE d.user = u.user AND d.state <> 'revoked'), t.enrolled_at, "
      "(SELECT count(*) FROM recovery_codes r WHERE r.user = u.user), p.device, p.method, max(p.proved_at), "
      "x.disabled_at, x.reason FROM (SELECT user FROM devices UNION SELECT user FROM totp_secrets "
      "UNION SELECT user FROM disabled_users) u LEFT JOIN disabled_users x ON x.user = u.user "
      "LEFT JOIN totp_secrets t ON t.user = u.user LEFT JOIN proofs p ON p.user = u.user "
      "GROUP BY u.user ORDER BY u.user");
  if (!statement) return fail(std::move(statement.error()));
  std::vector<UserProofState> states;
  while (true) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return states;
    UserProofState state{.user = UserId{statement->text(0)},
                         .devices = static_cast<std::size_t>(statement->integer(1)),
                         .enrolled = statement->time_or_null(2),
                         .recovery_left = static_cast<std::size_t>(statement->integer(3))};
    if (const auto at = statement->time_or_null(6))
      state.last = LastProof{DeviceId{statement->text(4)}, statement->text(5), *at};
    if (const auto at = statement->time_or_null(7)) state.disabled = DisabledUser{*at, statement->text(8)};
    states.push_back(std::move(state));
  }
}

Store::Outcome<ProofRecord> Store::read_proof_record(const UserId& user, const DeviceId& device) {
  ProofRecord record{.user = user};
  auto secret = database_.prepare("SELECT secret, used_step FROM totp_secrets WHERE user = ?");
  if (!secret) return fail(std::move(secret.error()));
  const auto has_secret = secret->bind(0, user.text()).step();
  if (!has_secret) return fail(has_secret.error());
  if (*has_secret) {
    const auto octets = secret->blob(0);
    record.totp = TotpRecord{{octets.begin(), octets.end()}, secret->integer(1)};
  }
  auto codes = database_.prepare("SELECT digest FROM recovery_codes WHERE user = ? ORDER BY digest");
  if (!codes) return fail(std::move(codes.error()));
  codes->bind(0, user.text());
  for (auto row = codes->step();; row = codes->step()) {
    if (!row) return fail(row.error());
    if (!*row) break;
    const auto octets = codes->blob(0);
    if (octets.size() != sizeof(Sha256Digest)) continue;  // cannot be right: counts for nothing
    std::copy(octets.begin(), octets.end(), record.recovery.emplace_back().begin());
  }
  auto failures = database_.prepare("SELECT failures, last_failed FROM proof_failures WHERE device = ?");
  if (!failures) return fail(std::move(failures.error()));
  const auto has_failures = failures->bind(0, device.text()).step();
  if (!has_failures) return fail(has_failures.error());
  if (*has_failures) record.failures = {static_cast<std::uint32_t>(failures->integer(0)), failures->time(1)};
  return record;
}

Store::Outcome<void> Store::write_proof_record(const ProofRecord& before, const ProofRecord& after,
                                               const DeviceId& device) {
  if (after.totp && before.totp && after.totp->used != before.totp->used) {
    auto statement = database_.prepare("UPDATE totp_secrets SET used_step = ? WHERE user = ?");
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, after.totp->used).bind(1, before.user.text()).run(); !done) return done;
  }
  for (const auto& digest : before.recovery) {
    if (std::find(after.recovery.begin(), after.recovery.end(), digest) != after.recovery.end()) continue;
    auto statement = database_.prepare("DELETE FROM recovery_codes WHERE user = ? AND digest = ?");
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, before.user.text()).bind(1, Bytes{digest}).run(); !done) return done;
  }
  return after.failures == before.failures ? Outcome<void>{} : write_failures(device, after.failures);
}

Store::Outcome<void> Store::write_failures(const DeviceId& device, const FailedAttempts& failures) {
  auto removed = database_.prepare("DELETE FROM proof_failures WHERE device = ?");
  if (!removed) return fail(std::move(removed.error()));
  if (auto done = removed->bind(0, device.text()).run(); !done || failures.count == 0) return done;
  auto written = database_.prepare("INSERT INTO proof_failures (device, failures, last_failed) VALUES (?, ?, ?)");
  if (!written) return fail(std::move(written.error()));
  return written->bind(0, device.text()).bind(1, std::int64_t{failures.count}).bind(2, failures.last).run();
}

/// Belongs to the device's newest certificate, whichever of its certificates the session showed.
Store::Outcome<void> Store::write_proof(const ProofClaim& claim, const std::string& newest) {
  auto statement = database_.prepare(
      "INSERT INTO proofs (device, user, serial, method, proved_at) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (device) DO UPDATE SET user = excluded.user, serial = excluded.serial, method = excluded.method, "
      "proved_at = excluded.proved_at");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, claim.device.text())
      .bind(1, claim.user.text())
      .bind(2, newest)
      .bind(3, claim.method)
      .bind(4, claim.asked)
      .run();
}

Store::Outcome<ProofOutcome> Store::judge_proof(const ProofClaim& claim,
                                                const std::function<ProofJudgement(const ProofRecord&)>& judge) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto record = device(claim.device);
  if (!record) return fail(record.error());
  const bool is_theirs = *record && (*record)->state == DeviceState::Active && !(*record)->user_disabled &&
                         (*record)->user == claim.user && (*record)->accepts(claim.serial, claim.authority);
  if (!is_theirs) return fail(StoreError{StoreProblem::NotActive, "the device is not this person's any more"});
  const auto before = read_proof_record(claim.user, claim.device);
  if (!before) return fail(before.error());
  const ProofJudgement judgement = judge(*before);
  if (auto kept = write_proof_record(*before, judgement.record, claim.device); !kept)
    return fail(std::move(kept.error()));
  if (judgement.outcome.result == ProofResult::Accepted) {
    if (auto kept = write_proof(claim, (*record)->enrolment); !kept) return fail(std::move(kept.error()));
  }
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  return judgement.outcome;
}

Store::Outcome<std::optional<WallTime>> Store::proof_of(const DeviceId& device, const UserId& user,
                                                        const std::string& serial) {
  auto statement = database_.prepare(
      "SELECT p.proved_at FROM proofs p JOIN devices d ON d.id = p.device AND d.user = p.user AND d.serial = p.serial "
      "LEFT JOIN previous_certificates c ON c.device = d.id LEFT JOIN foreign_devices f ON f.device = d.id "
      "WHERE p.device = ?1 AND p.user = ?2 AND (d.serial = ?3 OR c.serial = ?3 OR f.device IS NOT NULL) "
      "AND d.state = 'active' AND NOT EXISTS (SELECT 1 FROM disabled_users x WHERE x.user = p.user)");
  if (!statement) return fail(std::move(statement.error()));
  const auto row = statement->bind(0, device.text()).bind(1, user.text()).bind(2, serial).step();
  if (!row) return fail(row.error());
  return *row ? std::optional{statement->time(0)} : std::nullopt;
}

}  // namespace sallyport
