#pragma once

#include "common/ip/address.hpp"
#include "server/gateway/worker_number.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace sallyport {

/// Which worker serves whom an inside address was given to. Written by one thread, read by all of them without a lock.
/// Nothing is ever taken out: an address whose session is over has no owner on the worker it leads to, and when it is
/// given to another device, it leads to that one's worker. So it holds as many addresses as devices were connected.
class AddressDirectory {
 public:
  AddressDirectory();

  /// Only from the thread that writes.
  void note(const IpAddress& address, WorkerNumber worker);

  /// From any thread.
  [[nodiscard]] std::optional<WorkerNumber> worker_of(const IpAddress& address) const noexcept;

 private:
  struct Record {
    Record(const IpAddress& of, WorkerNumber at) : address{of}, worker{at} {}
    const IpAddress address;
    std::atomic<WorkerNumber> worker;
  };
  /// Never more than half full: every search ends at an empty slot.
  struct Table {
    explicit Table(std::size_t size) : slots(size) {}
    /// Of the slot that holds `address`, or the empty one where it belongs.
    [[nodiscard]] std::size_t slot_of(const IpAddress& address) const noexcept;
    [[nodiscard]] Record* find(const IpAddress& address) const noexcept;

    std::vector<std::atomic<Record*>> slots;  ///< a power of two of them
  };

  void grow();

  std::deque<Record> records_;
  std::vector<std::unique_ptr<Table>> tables_;  ///< all there ever were: a reader may still be in an older one
  std::atomic<const Table*> current_;
};

}  // namespace sallyport
