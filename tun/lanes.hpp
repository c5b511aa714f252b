#pragma once

#include "common/base/time.hpp"
#include "common/queue/bulk_flows.hpp"
#include "tun/device.hpp"
#include "tun/packet_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// One user's share of a TUN interface: a queue for flows that send much, and one in which everything else overtakes
/// them. The kernel's queues are first come, first served, and it puts what a flow sends into the queue that answers to
/// it were last written to: so answers to bulk are written to the one, all others to the other. Where there is a single
/// queue, everything goes through it.
class TunLanes {
 public:
  /// Both lanes. An interface that an administrator made, with a single queue, has one: the only one's.
  [[nodiscard]] static Result<TunLanes, SystemError> open(const std::string& name, TunOptions options);
  /// The same for an interface of which this open queue, one of several that it may have, becomes the bulk lane.
  /// `options.queues_before` are those besides it.
  [[nodiscard]] static Result<TunLanes, SystemError> beside(TunDevice bulk, TunOptions options);
  explicit TunLanes(TunDevice only) : bulk_{std::make_unique<Lane>(std::move(only))} {}

  /// The next packet, as TunDevice::read() gives it.
  [[nodiscard]] Result<SuperPacket, SystemError> read(MutableBytes scratch, TimePoint now) noexcept;

  /// As PacketWriter does it: any number of write(), then flush().
  void write(const SuperPacket& packet, MutableBytes lender, TimePoint now) noexcept;
  void flush() noexcept;
  [[nodiscard]] std::uint64_t take_lost() noexcept;

  /// As TunDevice::is_attached().
  [[nodiscard]] bool is_attached() const noexcept { return bulk_->device.is_attached(); }

  /// The interface goes with its last queue, whatever its name is now.
  void forsake() noexcept { (void)bulk_->device.set_persistent(false); }

  /// To be watched: each has packets of its own.
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] const std::string& name() const noexcept { return bulk_->device.name(); }
  [[nodiscard]] bool has_express() const noexcept { return express_ != nullptr; }

 private:
  /// From the express lane, one after another, before bulk has its turn: so many packets, or octets. What sends many
  /// small packets must not keep it waiting, nor what sends large ones and is not known as bulk.
  static constexpr int kExpressRun = 32;
  static constexpr std::size_t kExpressOctets = 32U << 10U;
  /// Of bulk, before the express lane is looked at again.
  static constexpr std::size_t kBulkRun = 16U << 10U;

  [[nodiscard]] Result<SuperPacket, SystemError> next(MutableBytes scratch) noexcept;

  struct Lane {
    explicit Lane(TunDevice queue) : device{std::move(queue)} {}
    TunDevice device;
    PacketWriter writer;
  };

  std::unique_ptr<Lane> bulk_;
  std::unique_ptr<Lane> express_;
  std::unique_ptr<BulkFlows> flows_;
  int express_run_ = 0;
  std::size_t express_octets_ = 0;
  std::size_t bulk_run_ = kBulkRun;
};

}  // namespace sallyport
