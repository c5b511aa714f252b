#include "server/store/store.hpp"

namespace sallyport {
namespace {

constexpr std::string_view kSelectDevice =
    "SELECT id, user, state, iif(f.device IS NULL, devices.serial, ifnull(f.serial, '')), not_after, enrolled_at, "
    "revoked_at, ifnull(previous_certificates.serial, ''), ifnull(f.authority, ''), ifnull(i.issuer, ''), "
    "devices.serial, EXISTS (SELECT 1 FROM disabled_users WHERE disabled_users.user = devices.user), "
    "EXISTS (SELECT 1 FROM first_sights WHERE first_sights.device = devices.id) "
    "FROM devices LEFT JOIN previous_certificates ON previous_certificates.device = devices.id "
    "LEFT JOIN foreign_devices f ON f.device = devices.id "
    "LEFT JOIN device_issuers i ON i.device = devices.id "
    "AND i.serial = iif(f.device IS NULL, devices.serial, ifnull(f.serial, '')) ";

DeviceRecord read_device(const Statement& row) {
  DeviceRecord record;
  record.id = DeviceId{row.text(0)};
  record.user = UserId{row.text(1)};
  // What cannot be read grants nothing.
  record.state = parse_device_state(row.text(2)).value_or(DeviceState::Revoked);
  record.serial = row.text(3);
  record.not_after = row.time(4);
  record.enrolled_at = row.time(5);
  record.revoked_at = row.time_or_null(6);
  record.previous_serial = row.text(7);
  record.authority = row.text(8);
  record.issuer = row.text(9);
  record.enrolment = row.text(10);
  record.user_disabled = row.integer(11) != 0;
  record.at_first_sight = row.integer(12) != 0;
  return record;
}

StoreError unknown_device(const DeviceId& id) {
  return StoreError{StoreProblem::UnknownDevice,
                    "there is no device \"" + id.text() + "\"; see: sallyportctl devices list"};
}

}  // namespace

Store::Outcome<std::optional<DeviceRecord>> Store::device(const DeviceId& id) {
  auto statement = database_.prepare(std::string{kSelectDevice} + "WHERE id = ?");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(0, id.text()).step();
  if (!row) return fail(std::move(row.error()));
  return *row ? std::optional{read_device(*statement)} : std::nullopt;
}

Store::Outcome<std::vector<DeviceRecord>> Store::devices() {
  auto statement = database_.prepare(std::string{kSelectDevice} + "ORDER BY id");
  if (!statement) return fail(std::move(statement.error()));
  std::vector<DeviceRecord> records;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return records;
    records.push_back(read_device(*statement));
  }
}

Store::Outcome<void> Store::check_enrolment_of(const std::optional<DeviceRecord>& existing, Replace replace) {
  if (!existing || existing->state == DeviceState::Revoked) return {};
  const auto& id = existing->id.text();
  if (existing->state == DeviceState::Disabled) {
    return fail(StoreError{StoreProblem::NotActive, "the device \"" + id +
                                                        "\" is disabled; run first: sallyportctl devices enable " + id +
                                                        ", or devices revoke " + id});
  }
  if (replace == Replace::Yes) return {};
  return fail(StoreError{StoreProblem::AlreadyEnrolled,
                         "there is an active device \"" + id + "\" of " + existing->user.text() +
                             "; choose another --id, or add --replace to revoke its certificate"});
}

Store::Outcome<void> Store::check_enrolment(const DeviceId& id, Replace replace) {
  const auto existing = device(id);
  if (!existing) return fail(existing.error());
  return check_enrolment_of(*existing, replace);
}

Store::Outcome<void> Store::write_enrolment(const Enrolment& enrolment, WallTime now) {
  auto statement = database_.prepare(
      "INSERT INTO devices (id, user, state, serial, not_after, enrolled_at, revoked_at) "
      "VALUES (?, ?, 'active', ?, ?, ?, NULL) ON CONFLICT (id) DO UPDATE SET user = excluded.user, "
      "state = 'active', serial = excluded.serial, not_after = excluded.not_after, "
      "enrolled_at = excluded.enrolled_at, revoked_at = NULL");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, enrolment.device.text())
      .bind(1, enrolment.user.text())
      .bind(2, enrolment.serial)
      .bind(3, enrolment.not_after)
      .bind(4, now)
      .run();
}

Store::Outcome<void> Store::enroll(const Enrolment& enrolment, Replace replace, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  if (auto added = add_enrolment(enrolment, replace, now); !added) return added;
  return transaction->commit();
}

Store::Outcome<void> Store::add_enrolment(const Enrolment& enrolment, Replace replace, WallTime now) {
  if (auto allowed = check_user(enrolment.user); !allowed) return allowed;
  if (auto allowed = check_enrolment(enrolment.device, replace); !allowed) return allowed;
  if (auto revoked = revoke_certificates(enrolment.device, now); !revoked) return revoked;
  if (auto unbound = forget_foreign(enrolment.device); !unbound) return unbound;
  const CertificateRecord certificate{
      enrolment.serial, CertificateKind::Device, enrolment.device, enrolment.not_after, {}};
  if (auto recorded = record_certificate(certificate); !recorded) return recorded;
  if (auto noted = note_issuer(enrolment.serial, enrolment.issuer); !noted) return noted;
  if (auto forgotten = forget_authorities(enrolment.device); !forgotten) return forgotten;
  if (auto written = write_enrolment(enrolment, now); !written) return written;
  return forget_proofs(enrolment.device);
}

Store::Outcome<void> Store::revoke_certificates(const DeviceId& id, WallTime now) {
  if (auto forgotten = forget_previous(id); !forgotten) return forgotten;
  auto statement = database_.prepare("UPDATE certificates SET revoked_at = ? WHERE device = ? AND revoked_at IS NULL");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, now).bind(1, id.text()).run();
}

Store::Outcome<void> Store::set_state(const DeviceId& id, DeviceState state, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto existing = device(id);
  if (!existing) return fail(existing.error());
  if (!*existing) return fail(unknown_device(id));
  if ((*existing)->state == state) return {};
  if ((*existing)->state == DeviceState::Revoked) {
    return fail(StoreError{
        StoreProblem::Revoked,
        "the device \"" + id.text() + "\" is revoked, which is final; enrol it again: sallyportctl devices enroll"});
  }
  auto statement = database_.prepare("UPDATE devices SET state = ?, revoked_at = ? WHERE id = ?");
  if (!statement) return fail(std::move(statement.error()));
  const auto revoked_at = state == DeviceState::Revoked ? std::optional{now} : std::nullopt;
  if (auto done = statement->bind(0, name_of(state)).bind(1, revoked_at).bind(2, id.text()).run(); !done) return done;
  if (auto dropped = forget_proofs(id); !dropped) return dropped;
  if (state == DeviceState::Revoked) {
    if (auto done = revoke_certificates(id, now); !done) return done;
    auto unseen = database_.prepare("DELETE FROM first_sights WHERE device = ?");
    if (!unseen) return fail(std::move(unseen.error()));
    if (auto done = unseen->bind(0, id.text()).run(); !done) return done;
  }
  return transaction->commit();
}

}  // namespace sallyport
