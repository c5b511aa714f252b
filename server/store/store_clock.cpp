#include "server/store/store.hpp"

namespace sallyport {
namespace {

/// `conflict` says what becomes of a time that is kept already.
Result<void, StoreError> write_time(const Database& database, WallTime time, const std::string& conflict) {
  auto statement =
      database.prepare("INSERT INTO numbers VALUES ('latest_time', ?) ON CONFLICT (name) DO UPDATE SET " + conflict);
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, time).run();
}

}  // namespace

Store::Outcome<std::optional<WallTime>> Store::latest_time() {
  auto statement = database_.prepare("SELECT value FROM numbers WHERE name = 'latest_time'");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->step();
  if (!row) return fail(std::move(row.error()));
  return *row ? std::optional{statement->time(0)} : std::nullopt;
}

Store::Outcome<void> Store::keep_latest_time(WallTime seen) {
  return write_time(database_, seen, "value = max(value, excluded.value)");
}

Store::Outcome<void> Store::accept_time(WallTime time) { return write_time(database_, time, "value = excluded.value"); }

}  // namespace sallyport
