#include "server/store/store.hpp"

#include <algorithm>

namespace sallyport {

Store::Outcome<void> Store::record_certificate(const CertificateRecord& certificate) {
  auto statement = database_.prepare(
      "INSERT INTO certificates (serial, kind, device, not_after, revoked_at) VALUES (?, ?, nullif(?, ''), ?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, certificate.serial)
      .bind(1, name_of(certificate.kind))
      .bind(2, certificate.device.text())
      .bind(3, certificate.not_after)
      .bind(4, certificate.revoked_at)
      .run();
}

Store::Outcome<std::vector<CertificateRecord>> Store::certificates() {
  auto statement =
      database_.prepare("SELECT serial, kind, device, not_after, revoked_at FROM certificates ORDER BY serial");
  if (!statement) return fail(std::move(statement.error()));
  std::vector<CertificateRecord> records;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return records;
    const auto kind =
        statement->text(1) == name_of(CertificateKind::Gateway) ? CertificateKind::Gateway : CertificateKind::Device;
    records.push_back(
        {statement->text(0), kind, DeviceId{statement->text(2)}, statement->time(3), statement->time_or_null(4)});
  }
}

Store::Outcome<std::vector<RevokedCertificate>> Store::revoked_serials(WallTime now, std::chrono::seconds keep) {
  auto statement = database_.prepare(
      "SELECT serial, revoked_at FROM certificates WHERE revoked_at IS NOT NULL AND not_after >= ? ORDER BY serial");
  if (!statement) return fail(std::move(statement.error()));
  statement->bind(0, now - keep);
  std::vector<RevokedCertificate> revoked;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return revoked;
    revoked.push_back({statement->text(0), statement->time(1)});
  }
}

Store::Outcome<std::uint64_t> Store::crl_number() {
  const auto number = database_.integer_of("SELECT value FROM numbers WHERE name = 'crl'");
  if (!number) return fail(number.error());
  return static_cast<std::uint64_t>(*number);
}

Store::Outcome<std::uint64_t> Store::publish_crl(
    std::uint64_t at_least, WallTime now, const std::function<std::optional<std::string>(const CrlContent&)>& publish,
    std::chrono::seconds keep) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto last = crl_number();
  if (!last) return fail(last.error());
  auto revoked = revoked_serials(now, keep);
  if (!revoked) return fail(std::move(revoked.error()));
  const CrlContent content{std::max(*last, at_least) + 1, std::move(*revoked)};
  auto statement = database_.prepare("UPDATE numbers SET value = ? WHERE name = 'crl'");
  if (!statement) return fail(std::move(statement.error()));
  if (auto done = statement->bind(0, static_cast<std::int64_t>(content.number)).run(); !done) return fail(done.error());
  if (auto failure = publish(content)) return fail(StoreError{StoreProblem::Cancelled, std::move(*failure)});
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  return content.number;
}

}  // namespace sallyport
