#include "server/store/store.hpp"

namespace sallyport {
namespace {

StoreError refused(StoreProblem problem, const DeviceId& id, const char* words) {
  return StoreError{problem, "the device \"" + id.text() + "\" " + words};
}

std::optional<StoreError> refusal_of(const std::optional<DeviceRecord>& record, const Renewal& renewal) {
  const auto& id = renewal.device;
  if (!record) return refused(StoreProblem::UnknownDevice, id, "is not known here");
  if (record->state == DeviceState::Revoked) return refused(StoreProblem::Revoked, id, "is revoked");
  if (record->state == DeviceState::Disabled) return refused(StoreProblem::NotActive, id, "is disabled");
  if (!record->authority.empty())
    return refused(StoreProblem::Conflict, id, "is of another authority, which renews it");
  if (record->user_disabled) return refused(StoreProblem::UserDisabled, id, "belongs to a person who is disabled");
  if (record->user != renewal.user) return refused(StoreProblem::Conflict, id, "belongs to another person");
  if (record->accepts(renewal.presented)) return std::nullopt;
  return refused(StoreProblem::StaleCertificate, id, "has a newer certificate");
}

}  // namespace

Store::Outcome<bool> Store::is_revoked(const std::string& serial) {
  auto statement = database_.prepare("SELECT revoked_at FROM certificates WHERE serial = ?");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(0, serial).step();
  if (!row) return fail(std::move(row.error()));
  // One that we never issued is as good as revoked.
  return !*row || !statement->is_null(0);
}

Store::Outcome<DeviceRecord> Store::check_renewal(const Renewal& renewal) {
  auto record = device(renewal.device);
  if (!record) return fail(record.error());
  if (auto refusal = refusal_of(*record, renewal)) return fail(std::move(*refusal));
  const auto revoked = is_revoked(renewal.presented);
  if (!revoked) return fail(revoked.error());
  if (*revoked) return fail(refused(StoreProblem::Revoked, renewal.device, "presented a revoked certificate"));
  return std::move(**record);
}

Store::Outcome<void> Store::revoke_certificate(const std::string& serial, WallTime now) {
  auto statement = database_.prepare("UPDATE certificates SET revoked_at = ? WHERE serial = ? AND revoked_at IS NULL");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, now).bind(1, serial).run();
}

Store::Outcome<void> Store::forget_previous(const DeviceId& id) {
  auto statement = database_.prepare("DELETE FROM previous_certificates WHERE device = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, id.text()).run();
}

Store::Outcome<void> Store::keep_previous(const Renewal& renewal, WallTime now) {
  auto statement = database_.prepare("INSERT INTO previous_certificates (device, serial, renewed_at) VALUES (?, ?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, renewal.device.text()).bind(1, renewal.presented).bind(2, now).run();
}

Store::Outcome<void> Store::take_newest(const Renewal& renewal) {
  auto statement = database_.prepare("UPDATE devices SET serial = ?, not_after = ? WHERE id = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, renewal.serial).bind(1, renewal.not_after).bind(2, renewal.device.text()).run();
}

/// A new certificate of the same device and person is no new enrolment: what they proved stands.
Store::Outcome<void> Store::carry_proof_over(const Renewal& renewal) {
  auto statement = database_.prepare("UPDATE proofs SET serial = ? WHERE device = ? AND user = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, renewal.serial).bind(1, renewal.device.text()).bind(2, renewal.user.text()).run();
}

/// Two certificates of a device are good at most: the one that was presented, which its holder has for certain, and
/// the new one. The third, when there was one, goes: either the new one of before was presented, then the previous one
/// is done with; or the answer with it was lost, then nobody has it.
Store::Outcome<void> Store::renew(const Renewal& renewal, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto record = check_renewal(renewal);
  if (!record) return fail(record.error());
  const bool by_newest = renewal.presented == record->serial;
  const std::string third = by_newest ? record->previous_serial : record->serial;
  if (!third.empty()) {
    if (auto done = revoke_certificate(third, now); !done) return done;
  }
  if (auto done = forget_previous(renewal.device); !done) return done;
  const CertificateRecord certificate{renewal.serial, CertificateKind::Device, renewal.device, renewal.not_after, {}};
  if (auto done = record_certificate(certificate); !done) return done;
  if (auto done = note_issuer(renewal.serial, renewal.issuer); !done) return done;
  if (auto done = take_newest(renewal); !done) return done;
  if (auto done = carry_proof_over(renewal); !done) return done;
  if (auto done = keep_previous(renewal, now); !done) return done;
  return transaction->commit();
}

Store::Outcome<std::string> Store::confirm_renewal(const DeviceId& id, const std::string& serial, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto record = device(id);
  if (!record) return fail(record.error());
  if (!*record || (*record)->serial != serial || (*record)->previous_serial.empty()) return std::string{};
  const auto previous = (*record)->previous_serial;
  if (auto done = revoke_certificate(previous, now); !done) return fail(done.error());
  if (auto done = forget_previous(id); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(done.error());
  return previous;
}

}  // namespace sallyport
