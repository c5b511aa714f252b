// A link between two TUN devices' worth of routing: what the kernel routes into a device comes back out of it later, or
// not at all. One device for each direction, one thread; no privilege but that over its own network namespace.
//
//   link_emulator UP DOWN [KEY VALUE]...     says "ready"; on SIGTERM or SIGINT prints what happened, as JSON
//
// UP and DOWN are TUN devices that exist. Keys, for both directions: delay, jitter, reorder-by (ms); loss, reorder (0
// to 1); rate (Mbit/s); queue (packets); mtu (octets); tell-mtu (IPv4 address that answers what is too big; without it
// such packets vanish); seed. The second direction has the next seed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/base/file_descriptor.hpp"
#include "tests/bench/link_queue.hpp"

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPacketsAtOnce = 64;

volatile std::sig_atomic_t ended = 0;

[[noreturn]] void die(const char* words) {
  std::perror(words);
  std::exit(1);
}

struct Order {
  LinkSettings link;
  std::uint32_t router = 0;  ///< 0: what is too big vanishes
};

std::chrono::nanoseconds milliseconds(const char* text) {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(std::atof(text) * 1e6)};
}

bool set_amount(LinkSettings& link, const std::string& key, const char* value) {
  if (key == "loss")
    link.loss = std::atof(value);
  else if (key == "reorder")
    link.reorder = std::atof(value);
  else if (key == "rate")
    link.rate = std::atof(value) * 1e6;
  else if (key == "queue")
    link.queue = std::strtoul(value, nullptr, 10);
  else if (key == "mtu")
    link.mtu = std::strtoul(value, nullptr, 10);
  else if (key == "seed")
    link.seed = std::strtoull(value, nullptr, 10);
  else
    return false;
  return true;
}

bool set_time(LinkSettings& link, const std::string& key, const char* value) {
  if (key == "delay")
    link.delay = milliseconds(value);
  else if (key == "jitter")
    link.jitter = milliseconds(value);
  else if (key == "reorder-by")
    link.reorder_by = milliseconds(value);
  else
    return false;
  return true;
}

bool set(Order& order, const std::string& key, const char* value) {
  if (key != "tell-mtu") return set_amount(order.link, key, value) || set_time(order.link, key, value);
  in_addr address{};
  if (::inet_pton(AF_INET, value, &address) != 1) return false;
  order.router = ntohl(address.s_addr);
  return true;
}

FileDescriptor open_tun(const char* name) {
  FileDescriptor device{::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!device) die("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (::ioctl(device.get(), TUNSETIFF, &request) != 0) die(name);
  return device;
}

class Direction {
 public:
  Direction(const char* device, const Order& order)
      : device_{open_tun(device)}, router_{order.router}, mtu_{order.link.mtu}, queue_{order.link} {}

  [[nodiscard]] int fd() const { return device_.get(); }
  [[nodiscard]] const LinkQueue& queue() const { return queue_; }

  void read() {
    for (int i = 0; i < kPacketsAtOnce; ++i) {
      const ssize_t size = ::read(device_.get(), scratch_.data(), scratch_.size());
      if (size <= 0) return;
      offer({scratch_.begin(), scratch_.begin() + size});
    }
  }
  void deliver(Clock::time_point now) {
    while (auto packet = queue_.take(now)) write(*packet);
  }

 private:
  void offer(LinkQueue::Packet packet) {
    std::optional<LinkQueue::Packet> answer;
    if (router_ != 0 && packet.size() > mtu_) {
      answer = fragmentation_needed(packet, router_, static_cast<std::uint16_t>(mtu_));
    }
    queue_.offer(std::move(packet), Clock::now());
    if (answer) write(*answer);
  }
  void write(const LinkQueue::Packet& packet) { (void)!::write(device_.get(), packet.data(), packet.size()); }

  FileDescriptor device_;
  std::uint32_t router_;
  std::size_t mtu_;
  LinkQueue queue_;
  std::array<std::byte, 65536> scratch_{};
};

timespec until_due(const Direction& up, const Direction& down) {
  constexpr auto kIdle = std::chrono::nanoseconds{100'000'000};
  const auto now = Clock::now();
  auto wait = kIdle;
  for (const Direction* direction : {&up, &down}) {
    if (const auto due = direction->queue().due()) {
      wait = std::clamp<std::chrono::nanoseconds>(*due - now, std::chrono::nanoseconds{0}, wait);
    }
  }
  return {wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
}

void run(Direction& up, Direction& down) {
  std::array<pollfd, 2> ready{{{up.fd(), POLLIN, 0}, {down.fd(), POLLIN, 0}}};
  while (ended == 0) {
    const timespec wait = until_due(up, down);
    if (::ppoll(ready.data(), ready.size(), &wait, nullptr) > 0) {
      if (ready[0].revents != 0) up.read();
      if (ready[1].revents != 0) down.read();
    }
    const auto now = Clock::now();
    up.deliver(now);
    down.deliver(now);
  }
}

std::string told(const LinkStatistics& counted) {
  const auto field = [](const char* name, std::uint64_t value) {
    return std::string{"\""} + name + "\": " + std::to_string(value);
  };
  return "{" + field("offered", counted.offered) + ", " + field("delivered", counted.delivered) + ", " +
         field("octets", counted.octets) + ", " + field("lost", counted.lost) + ", " +
         field("tail_dropped", counted.tail_dropped) + ", " + field("too_big", counted.too_big) + ", " +
         field("reordered", counted.reordered) + "}";
}

void emulate(const char* up_name, const char* down_name, Order order) {
  Direction up{up_name, order};
  ++order.link.seed;
  Direction down{down_name, order};
  (void)::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  std::signal(SIGTERM, [](int) { ended = 1; });
  std::signal(SIGINT, [](int) { ended = 1; });
  std::puts("ready");
  std::fflush(stdout);
  run(up, down);
  std::printf("{\"up\": %s, \"down\": %s}\n", told(up.queue().statistics()).c_str(),
              told(down.queue().statistics()).c_str());
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  sallyport::Order order;
  bool good = argc >= 3 && argc % 2 == 1;
  for (int i = 3; good && i + 1 < argc; i += 2) good = sallyport::set(order, argv[i], argv[i + 1]);
  if (!good) {
    std::fputs("link_emulator: usage: see the head of tests/bench/link_emulator.cpp\n", stderr);
    return 2;
  }
  sallyport::emulate(argv[1], argv[2], order);
  return 0;
}
