#include "server/store/store.hpp"

#include <sstream>

namespace sallyport {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream words{text};
  std::vector<std::string> list;
  for (std::string word; words >> word;) list.push_back(word);
  return list;
}

HeldAuthorities read_held(const Statement& row, int first) {
  return {split(row.text(first)), row.text(first + 1), row.time(first + 2)};
}

}  // namespace

Store::Outcome<bool> Store::note_authorities(const DeviceId& id, const HeldAuthorities& held) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto before = held_authorities(id);
  if (!before) return fail(before.error());
  const bool is_news = !*before || (*before)->fingerprints != held.fingerprints || (*before)->problem != held.problem;
  if (!is_news) return false;
  auto statement = database_.prepare(
      "INSERT INTO held_authorities (device, fingerprints, problem, told_at) VALUES (?, ?, ?, ?) ON CONFLICT (device) "
      "DO UPDATE SET fingerprints = excluded.fingerprints, problem = excluded.problem, told_at = excluded.told_at");
  if (!statement) return fail(std::move(statement.error()));
  const auto fingerprints = join(held.fingerprints);
  auto done = statement->bind(0, id.text()).bind(1, fingerprints).bind(2, held.problem).bind(3, held.told_at).run();
  if (!done) return fail(std::move(done.error()));
  if (auto committed = transaction->commit(); !committed) return fail(std::move(committed.error()));
  return true;
}

Store::Outcome<std::optional<HeldAuthorities>> Store::held_authorities(const DeviceId& id) {
  auto statement = database_.prepare("SELECT fingerprints, problem, told_at FROM held_authorities WHERE device = ?");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(0, id.text()).step();
  if (!row) return fail(std::move(row.error()));
  return *row ? std::optional{read_held(*statement, 0)} : std::nullopt;
}

Store::Outcome<std::map<DeviceId, HeldAuthorities>> Store::held_authorities() {
  auto statement = database_.prepare("SELECT device, fingerprints, problem, told_at FROM held_authorities");
  if (!statement) return fail(std::move(statement.error()));
  std::map<DeviceId, HeldAuthorities> all;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return all;
    all.emplace(DeviceId{statement->text(0)}, read_held(*statement, 1));
  }
}

Store::Outcome<void> Store::forget_authorities(const DeviceId& id) {
  auto statement = database_.prepare("DELETE FROM held_authorities WHERE device = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, id.text()).run();
}

Store::Outcome<void> Store::note_issuer(const std::string& serial, const std::string& issuer) {
  if (issuer.empty()) return {};
  auto statement = database_.prepare("INSERT INTO certificate_issuers (serial, issuer) VALUES (?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, serial).bind(1, issuer).run();
}

Store::Outcome<std::map<DeviceId, std::string>> Store::issuers() {
  auto statement = database_.prepare(
      "SELECT devices.id, certificate_issuers.issuer FROM devices JOIN certificate_issuers ON "
      "certificate_issuers.serial = devices.serial");
  if (!statement) return fail(std::move(statement.error()));
  std::map<DeviceId, std::string> all;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return all;
    all.emplace(DeviceId{statement->text(0)}, statement->text(1));
  }
}

Store::Outcome<std::uint64_t> Store::count_issued_by(const std::string& issuer) {
  auto statement = database_.prepare("SELECT count(*) FROM certificate_issuers WHERE issuer = ?");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(0, issuer).step();
  if (!row) return fail(std::move(row.error()));
  return static_cast<std::uint64_t>(statement->integer(0));
}

}  // namespace sallyport
