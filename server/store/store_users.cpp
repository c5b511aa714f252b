#include "server/store/store.hpp"

#include <utility>

namespace sallyport {

Store::Outcome<std::optional<DisabledUser>> Store::disabled_user(const UserId& user) {
  auto statement = database_.prepare("SELECT disabled_at, reason FROM disabled_users WHERE user = ?");
  if (!statement) return fail(std::move(statement.error()));
  const auto row = statement->bind(0, user.text()).step();
  if (!row) return fail(row.error());
  return *row ? std::optional{DisabledUser{statement->time(0), statement->text(1)}} : std::nullopt;
}

Store::Outcome<void> Store::check_user(const UserId& user) {
  const auto disabled = disabled_user(user);
  if (!disabled) return fail(disabled.error());
  if (!*disabled) return {};
  return fail(StoreError{StoreProblem::UserDisabled,
                         user.text() + " is disabled; run first: sallyportctl users enable " + user.text()});
}

/// What was proved before ends here too, so that enabling opens nothing by itself that asks for a person.
Store::Outcome<bool> Store::disable_user(const UserId& user, const std::string& reason, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto before = disabled_user(user);
  if (!before) return fail(before.error());
  auto statement = database_.prepare(
      "INSERT INTO disabled_users (user, reason, disabled_at) VALUES (?, ?, ?) "
      "ON CONFLICT (user) DO UPDATE SET reason = excluded.reason");
  if (!statement) return fail(std::move(statement.error()));
  if (auto done = statement->bind(0, user.text()).bind(1, reason).bind(2, now).run(); !done) return fail(done.error());
  auto proofs = database_.prepare("DELETE FROM proofs WHERE user = ?");
  if (!proofs) return fail(std::move(proofs.error()));
  if (auto done = proofs->bind(0, user.text()).run(); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  return !before->has_value();
}

Store::Outcome<bool> Store::enable_user(const UserId& user) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto before = disabled_user(user);
  if (!before) return fail(before.error());
  auto statement = database_.prepare("DELETE FROM disabled_users WHERE user = ?");
  if (!statement) return fail(std::move(statement.error()));
  if (auto done = statement->bind(0, user.text()).run(); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  return before->has_value();
}

Store::Outcome<std::size_t> Store::forget_devices_of(const UserId& user, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto all = devices();
  if (!all) return fail(all.error());
  std::size_t count = 0;
  for (const auto& device : *all) {
    if (device.user != user) continue;
    if (auto done = revoke_certificates(device.id, now); !done) return fail(done.error());
    auto statement = database_.prepare("DELETE FROM devices WHERE id = ?");
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, device.id.text()).run(); !done) return fail(done.error());
    ++count;
  }
  if (count == 0) return count;
  lease_book_.forget();
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  return count;
}

}  // namespace sallyport
