#include "server/store/store.hpp"

namespace sallyport {

/// For the row that every device has: serials of others are unique within their authority only. By its date it is on no
/// revocation list of ours.
Store::Outcome<std::string> Store::make_up_certificate(const DeviceId& id) {
  auto statement = database_.prepare(
      "INSERT INTO certificates (serial, kind, device, not_after) VALUES (lower(hex(randomblob(16))), 'device', ?, 0) "
      "RETURNING serial");
  if (!statement) return fail(std::move(statement.error()));
  const auto row = statement->bind(0, id.text()).step();
  if (!row) return fail(row.error());
  auto serial = statement->text(0);
  if (const auto done = statement->step(); !done) return fail(done.error());
  return serial;
}

Store::Outcome<void> Store::forget_foreign(const DeviceId& id) {
  for (const auto* sql :
       {"DELETE FROM foreign_devices WHERE device = ?", "DELETE FROM device_issuers WHERE device = ?"}) {
    auto statement = database_.prepare(sql);
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, id.text()).run(); !done) return done;
  }
  return {};
}

Store::Outcome<void> Store::add_foreign(const ForeignDevice& device, Replace replace, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto existing = this->device(device.device);
  if (!existing) return fail(existing.error());
  if (auto allowed = check_enrolment_of(*existing, replace); !allowed) return allowed;
  // Whoever holds a revoked device's certificate still would come back with it.
  if (*existing && (*existing)->state == DeviceState::Revoked && replace == Replace::No) {
    const auto& id = device.device.text();
    return fail(StoreError{StoreProblem::Revoked, "the device \"" + id +
                                                      "\" is revoked; to let its authority's certificates in again: "
                                                      "sallyportctl devices add --replace"});
  }
  if (auto revoked = revoke_certificates(device.device, now); !revoked) return revoked;
  if (auto unbound = forget_foreign(device.device); !unbound) return unbound;
  const auto made_up = make_up_certificate(device.device);
  if (!made_up) return fail(made_up.error());
  if (auto written = write_enrolment({device.device, device.user, *made_up, {}}, now); !written) return written;
  auto bound = database_.prepare("INSERT INTO foreign_devices (device, authority, made_up) VALUES (?, ?, ?)");
  if (!bound) return fail(std::move(bound.error()));
  const auto done = bound->bind(0, device.device.text()).bind(1, device.authority).bind(2, *made_up).run();
  if (!done) return done;
  if (auto noted = note_first_sight(device); !noted) return noted;
  if (auto forgotten = forget_proofs(device.device); !forgotten) return forgotten;
  return transaction->commit();
}

Store::Outcome<void> Store::note_first_sight(const ForeignDevice& device) {
  if (!device.is_first_sight) return {};
  auto statement = database_.prepare("INSERT INTO first_sights (device, authority) VALUES (?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, device.device.text()).bind(1, device.authority).run();
}

Store::Outcome<std::uint64_t> Store::count_first_sights(const std::string& authority) {
  auto statement = database_.prepare("SELECT count(*) FROM first_sights WHERE authority = ?");
  if (!statement) return fail(std::move(statement.error()));
  const auto row = statement->bind(0, authority).step();
  if (!row) return fail(row.error());
  return static_cast<std::uint64_t>(statement->integer(0));
}

Store::Outcome<void> Store::note_certificate(const SeenCertificate& seen) {
  const auto before = device(seen.device);
  if (!before) return fail(before.error());
  if (!*before || (*before)->authority != seen.authority) return {};
  const auto& record = **before;
  const bool is_newest = seen.authority.empty() ? record.serial == seen.serial : record.not_after <= seen.not_after;
  if (!is_newest || (record.serial == seen.serial && record.issuer == seen.issuer)) return {};
  auto transaction = Transaction::begin(database_, seen.authority.empty() ? Durability::Soon : Durability::Lasting);
  if (!transaction) return fail(std::move(transaction.error()));
  if (!seen.authority.empty()) {
    if (auto noted = note_newest(seen); !noted) return noted;
  }
  if (auto noted = note_issuer(seen); !noted) return noted;
  return transaction->commit();
}

Store::Outcome<void> Store::note_newest(const SeenCertificate& seen) {
  auto serial = database_.prepare("UPDATE foreign_devices SET serial = ? WHERE device = ? AND authority = ?");
  if (!serial) return fail(std::move(serial.error()));
  const auto noted = serial->bind(0, seen.serial).bind(1, seen.device.text()).bind(2, seen.authority).run();
  if (!noted) return noted;
  auto date = database_.prepare(
      "UPDATE devices SET not_after = ? WHERE id = ? AND id IN (SELECT device FROM foreign_devices WHERE authority = "
      "?)");
  if (!date) return fail(std::move(date.error()));
  return date->bind(0, seen.not_after).bind(1, seen.device.text()).bind(2, seen.authority).run();
}

Store::Outcome<void> Store::note_issuer(const SeenCertificate& seen) {
  auto statement = database_.prepare(
      "INSERT INTO device_issuers (device, serial, issuer) VALUES (?, ?, ?) ON CONFLICT (device) DO UPDATE SET "
      "serial = excluded.serial, issuer = excluded.issuer");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, seen.device.text()).bind(1, seen.serial).bind(2, seen.issuer).run();
}

}  // namespace sallyport
