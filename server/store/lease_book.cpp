#include "server/store/lease_book.hpp"

#include "server/store/lease_columns.hpp"

namespace sallyport {
namespace {

Result<TakenAddresses, StoreError> read(const Database& database, const AddressPool& pool) {
  const auto column = column_of(pool.prefix());
  auto statement =
      database.prepare("SELECT " + column + " FROM leases WHERE " + column + " BETWEEN ? AND ? ORDER BY " + column);
  if (!statement) return fail(std::move(statement.error()));
  const auto last = pool.prefix().last();
  statement->bind(0, std::optional{pool.prefix().network().octets()}).bind(1, std::optional{last.octets()});
  TakenAddresses taken{pool};
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return taken;
    if (const auto address = read_address(*statement, 0)) taken.add(*address);
  }
}

}  // namespace

Result<const TakenAddresses*, StoreError> LeaseBook::taken(const Database& database, const AddressPool& pool) {
  // Changes when another connection has written; what this one writes is noted.
  const auto version = database.integer_of("PRAGMA data_version");
  if (!version) return fail(version.error());
  if (*version != version_) forget();
  version_ = *version;
  auto& family = pool.prefix().network().is_v4() ? v4_ : v6_;
  if (family && family->pool().prefix() == pool.prefix()) return &*family;
  auto fresh = read(database, pool);
  if (!fresh) return fail(std::move(fresh.error()));
  family = std::move(*fresh);
  return &*family;
}

void LeaseBook::note(const Lease& before, const Lease& after) {
  note(v4_, before.v4, after.v4);
  note(v6_, before.v6, after.v6);
}

void LeaseBook::note(std::optional<TakenAddresses>& family, const std::optional<IpAddress>& before,
                     const std::optional<IpAddress>& after) {
  if (!family || before == after) return;
  if (before && family->has(*before))
    family.reset();
  else if (after)
    family->add(*after);
}

void LeaseBook::forget() noexcept {
  v4_.reset();
  v6_.reset();
}

}  // namespace sallyport
