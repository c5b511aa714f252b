#include "tests/bench/packet_probe.hpp"

#include "tests/support/packets.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <ctime>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace sallyport::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kUdpHeader = 8;

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }
std::int64_t steady_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

/// What the wall clock shows more than the steady one: of several readings the one that took the least time.
std::int64_t wall_ahead_of_steady() {
  std::int64_t best = 0;
  std::int64_t shortest = INT64_MAX;
  for (int i = 0; i < 50; ++i) {
    timespec wall{};
    const auto before = steady_now();
    ::clock_gettime(CLOCK_REALTIME, &wall);
    const auto took = steady_now() - before;
    if (took < shortest) best = nanoseconds(wall) - before - took / 2;
    shortest = std::min(shortest, took);
  }
  return best;
}

void raise_to(std::atomic<std::int64_t>& longest, std::int64_t value) {
  auto known = longest.load();
  while (value > known && !longest.compare_exchange_weak(known, value)) {
  }
}

/// When the kernel took the datagram from the interface, by the wall clock.
std::optional<std::int64_t> stamp_of(msghdr& message) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(each), sizeof stamp);
    return nanoseconds(stamp);
  }
  return std::nullopt;
}

FileDescriptor listen_with_stamps() {
  auto socket = listen_at("10.20.0.1");
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return socket;
}

double in_milliseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

PacketProbe::PacketProbe(LiveClient& client)
    : client_{client}, socket_{listen_with_stamps()}, wall_ahead_{wall_ahead_of_steady()} {
  sender_ = std::thread{[this] { send(); }};
  receiver_ = std::thread{[this] { receive(); }};
}

PacketProbe::~PacketProbe() {
  over_ = true;
  sender_.join();
  receiver_.join();
}

void PacketProbe::send() {
  for (auto due = Clock::now(); !over_; due = std::max(due + kPace, Clock::now() - kPace)) {
    std::this_thread::sleep_until(due);
    const auto sent = steady_now();
    raise_to(sender_late_, sent - due.time_since_epoch().count());
    auto datagram = udp(5000, 7, sizeof sent);
    std::memcpy(datagram.bytes.data() + kUdpHeader, &sent, sizeof sent);
    client_.send({packet(client_.address(), address("10.20.0.1"), std::move(datagram))});
  }
}

void PacketProbe::receive() {
  while (!over_) {
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, 100) != 1) continue;
    while (true) {
      std::int64_t sent = 0;
      iovec data{&sent, sizeof sent};
      alignas(cmsghdr) std::array<std::byte, 128> control{};
      msghdr message{};
      message.msg_iov = &data;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      if (::recvmsg(socket_.get(), &message, 0) != sizeof sent) break;
      const auto taken = steady_now();
      if (const auto stamp = stamp_of(message)) note_arrival(sent, *stamp - wall_ahead_, taken);
    }
  }
}

void PacketProbe::note_arrival(std::int64_t sent, std::int64_t arrived, std::int64_t taken) {
  if (last_ != 0) raise_to(gap_, arrived - last_);
  last_ = arrived;
  raise_to(gateway_, arrived - sent);
  raise_to(receiver_late_, taken - arrived);
  ++packets_;
}

Waits PacketProbe::take() noexcept {
  return {in_milliseconds(gap_.exchange(0)), in_milliseconds(sender_late_.exchange(0)),
          in_milliseconds(gateway_.exchange(0)), in_milliseconds(receiver_late_.exchange(0)), packets_.exchange(0)};
}

}  // namespace sallyport::test
