#include "server/store/store.hpp"

#include <algorithm>

namespace sallyport {

Store::Outcome<std::uint64_t> Store::reserve_sessions(std::uint64_t at_least, std::uint64_t count) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto next = database_.integer_of("SELECT ifnull(max(value), 0) FROM numbers WHERE name = 'session'");
  if (!next) return fail(next.error());
  const auto first = std::max({static_cast<std::uint64_t>(*next), at_least, std::uint64_t{1}});
  auto statement = database_.prepare(
      "INSERT INTO numbers VALUES ('session', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  if (!statement) return fail(std::move(statement.error()));
  if (auto done = statement->bind(0, static_cast<std::int64_t>(first + count)).run(); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  return first;
}

}  // namespace sallyport
