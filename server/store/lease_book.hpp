#pragma once

#include "server/store/database.hpp"
#include "server/store/lease.hpp"
#include "server/store/taken_addresses.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// What the table `leases` says is taken, so that a newcomer's address costs the same however many have one. It is read
/// when it is first needed, when another pool is asked about, and after another process wrote to the file.
class LeaseBook {
 public:
  /// Within a transaction. Borrowed until the next call.
  [[nodiscard]] Result<const TakenAddresses*, StoreError> taken(const Database& database, const AddressPool& pool);
  /// A device's lease was `before` and is on record as `after`, which is committed.
  void note(const Lease& before, const Lease& after);
  /// Leases ended, or nobody knows what became of them: read again.
  void forget() noexcept;

 private:
  void note(std::optional<TakenAddresses>& family, const std::optional<IpAddress>& before,
            const std::optional<IpAddress>& after);

  std::optional<TakenAddresses> v4_;
  std::optional<TakenAddresses> v6_;
  std::int64_t version_ = 0;  ///< of the file, when they were read
};

}  // namespace sallyport
