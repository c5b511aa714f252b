#include "server/store/lease_columns.hpp"
#include "server/store/store.hpp"

#include <string>

namespace sallyport {
namespace {

using MaybeAddress = std::optional<IpAddress>;

std::optional<Bytes> octets_of(const MaybeAddress& address) {
  return address ? std::optional{address->octets()} : std::nullopt;
}

/// Who asks for an address, and what an exhausted pool may do for them.
struct Claim {
  const DeviceId& id;
  const Store::MayLoseLease& may_lose;
  std::vector<DeviceId> taken_from{};
};

/// Takes the longest unused address away from a device that may lose it: from a revoked one if there is any.
Result<MaybeAddress, StoreError> reclaim(const Database& database, const AddressPool& pool, Claim& claim) {
  const auto column = column_of(pool.prefix());
  auto statement = database.prepare("SELECT " + column +
                                    ", leases.device, devices.state = 'revoked' FROM leases JOIN devices ON "
                                    "devices.id = leases.device WHERE leases.device <> ? AND " +
                                    column + " IS NOT NULL ORDER BY 3 DESC, last_seen, leases.device");
  if (!statement) return fail(std::move(statement.error()));
  statement->bind(0, claim.id.text());
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return MaybeAddress{};
    const auto address = read_address(*statement, 0);
    if (!address || !pool.can_lease(*address)) continue;
    const DeviceId owner{statement->text(1)};
    const bool is_revoked = statement->integer(2) != 0;
    if (claim.may_lose ? !claim.may_lose(owner, is_revoked) : !is_revoked) continue;
    auto take = database.prepare("UPDATE leases SET " + column + " = NULL WHERE device = ?");
    if (!take) return fail(std::move(take.error()));
    if (auto done = take->bind(0, owner.text()).run(); !done) return fail(std::move(done.error()));
    claim.taken_from.push_back(owner);
    return MaybeAddress{*address};
  }
}

Result<MaybeAddress, StoreError> choose(const Database& database, LeaseBook& book,
                                        const std::optional<IpPrefix>& prefix, const MaybeAddress& current,
                                        Claim& claim) {
  if (!prefix) return MaybeAddress{};
  const AddressPool pool{*prefix};
  if (current && pool.can_lease(*current)) return current;
  const auto taken = book.taken(database, pool);
  if (!taken) return fail(taken.error());
  if (const auto free = (*taken)->lowest_free()) return free;
  auto reclaimed = reclaim(database, pool, claim);
  if (!reclaimed || *reclaimed) return reclaimed;
  return fail(StoreError{StoreProblem::Exhausted,
                         "the pool " + prefix->to_string() + " has no address left; make it larger or revoke devices"});
}

Result<Lease, StoreError> current_lease(const Database& database, const DeviceId& id) {
  auto statement = database.prepare("SELECT v4, v6, last_seen FROM leases WHERE device = ?");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(0, id.text()).step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return Lease{};
  return Lease{read_address(*statement, 0), read_address(*statement, 1), statement->time(2), {}};
}

Result<void, StoreError> write_lease(const Database& database, const DeviceId& id, const Lease& lease) {
  auto statement = database.prepare(
      "INSERT INTO leases (device, v4, v6, last_seen) VALUES (?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET "
      "v4 = excluded.v4, v6 = excluded.v6, last_seen = excluded.last_seen");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, id.text())
      .bind(1, octets_of(lease.v4))
      .bind(2, octets_of(lease.v6))
      .bind(3, lease.last_seen)
      .run();
}

constexpr std::chrono::hours kLastSeenGrain{1};

/// choose() would choose it again.
bool stands(const std::optional<IpPrefix>& prefix, const MaybeAddress& address) {
  if (!prefix) return !address;
  return address && AddressPool{*prefix}.can_lease(*address);
}

Result<void, StoreError> require_active(const std::optional<DeviceRecord>& record, const DeviceId& id) {
  if (!record) return fail(StoreError{StoreProblem::UnknownDevice, "there is no device \"" + id.text() + "\""});
  if (record->state == DeviceState::Active) return {};
  return fail(StoreError{StoreProblem::NotActive,
                         "the device \"" + id.text() + "\" is " + std::string{name_of(record->state)}});
}

}  // namespace

/// A company that comes back after a night would wait for the disk for every laptop. What a power cut takes is an
/// address that somebody else may then have: no session outlives it, and the audit file names who had it.
Store::Outcome<Lease> Store::lease(const DeviceId& id, const PoolPrefixes& pools, WallTime now,
                                   const MayLoseLease& may_lose) {
  // As a rule it has one that stands: no transaction, which takes longer than all that is read.
  auto standing = standing_lease(id, pools, now);
  if (!standing) return fail(std::move(standing.error()));
  if (*standing) return **standing;
  auto transaction = Transaction::begin(database_, Durability::Soon);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto record = device(id);
  if (!record) return fail(record.error());
  if (auto active = require_active(*record, id); !active) return fail(std::move(active.error()));
  const auto current = current_lease(database_, id);
  if (!current) return fail(current.error());
  Claim claim{.id = id, .may_lose = may_lose};
  const auto v4 = choose(database_, lease_book_, pools.v4, current->v4, claim);
  if (!v4) return fail(v4.error());
  const auto v6 = choose(database_, lease_book_, pools.v6, current->v6, claim);
  if (!v6) return fail(v6.error());
  Lease lease{*v4, *v6, now, std::move(claim.taken_from)};
  if (auto written = write_lease(database_, id, lease); !written) {
    lease_book_.forget();
    return fail(std::move(written.error()));
  }
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  lease_book_.note(*current, lease);
  return lease;
}

Store::Outcome<std::optional<Lease>> Store::standing_lease(const DeviceId& id, const PoolPrefixes& pools,
                                                           WallTime now) {
  const auto record = device(id);
  if (!record) return fail(record.error());
  if (auto active = require_active(*record, id); !active) return fail(std::move(active.error()));
  auto lease = current_lease(database_, id);
  if (!lease) return fail(std::move(lease.error()));
  // A device may reconnect often: an hour is exact enough for reclaiming.
  const bool is_fresh = now >= lease->last_seen && now - lease->last_seen < kLastSeenGrain;
  if (!is_fresh || !stands(pools.v4, lease->v4) || !stands(pools.v6, lease->v6)) return std::optional<Lease>{};
  return std::optional{std::move(*lease)};
}

void Store::read_ahead(const DeviceRecord& record) {
  (void)device(record.id);
  (void)current_lease(database_, record.id);
  (void)proof_of(record.id, record.user, record.serial);
}

Store::Outcome<void> Store::touch_leases(const std::vector<DeviceId>& devices, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  for (const auto& device : devices) {
    auto statement = database_.prepare("UPDATE leases SET last_seen = ? WHERE device = ? AND last_seen < ?");
    if (!statement) return fail(std::move(statement.error()));
    if (auto done = statement->bind(0, now).bind(1, device.text()).bind(2, now).run(); !done)
      return fail(std::move(done.error()));
  }
  return transaction->commit();
}

Store::Outcome<void> Store::release(const DeviceId& id) {
  lease_book_.forget();
  auto statement = database_.prepare("DELETE FROM leases WHERE device = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, id.text()).run();
}

Store::Outcome<std::map<DeviceId, Lease>> Store::leases() {
  auto statement = database_.prepare("SELECT v4, v6, last_seen, device FROM leases");
  if (!statement) return fail(std::move(statement.error()));
  std::map<DeviceId, Lease> leases;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return leases;
    leases.emplace(DeviceId{statement->text(3)},
                   Lease{read_address(*statement, 0), read_address(*statement, 1), statement->time(2), {}});
  }
}

}  // namespace sallyport
