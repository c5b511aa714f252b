// Round trips to an address, as ping takes them: from the call that sends an echo until the kernel has the answer. It
// sleeps in between; ping (iputils 20221126) spins while it waits for less than 10 ms and nothing is under way, and so
// takes most of a core from whatever answers fast, and nothing from what answers slowly.
//
//   round_trips ADDRESS COUNT INTERVAL [AFTER]   COUNT echoes, INTERVAL seconds apart, the first one after AFTER
//   seconds;
//                                                prints the milliseconds of each that was answered, in the order of
//                                                the answers, at the latest a second after the last echo
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/icmp.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "common/base/file_descriptor.hpp"
#include "tests/bench/clock_reading.hpp"

namespace sallyport {
namespace {

constexpr double kNanosecondsInMillisecond = 1e6;
/// As many octets as ping sends.
constexpr std::size_t kPayload = 56;

struct Echo {
  icmphdr header{};
  std::array<unsigned char, kPayload> payload{};
};

std::uint16_t checksum_of(const Echo& echo) {
  std::array<std::uint16_t, sizeof echo / 2> words{};
  std::memcpy(words.data(), &echo, sizeof echo);
  std::uint32_t sum = 0;
  for (const std::uint16_t word : words) sum += word;
  sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~(sum + (sum >> 16U)));
}

class Pings {
 public:
  Pings(const char* address, std::size_t count) : socket_{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)} {
    to_.sin_family = AF_INET;
    if (::inet_pton(AF_INET, address, &to_.sin_addr) != 1) die("not an IPv4 address");
    sent_.reserve(count);
    icmp_filter answers{};
    answers.data = ~(1U << ICMP_ECHOREPLY);
    const int on = 1;
    if (!socket_ || ::setsockopt(socket_.get(), SOL_RAW, ICMP_FILTER, &answers, sizeof answers) != 0 ||
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) {
      die("cannot ping");
    }
  }

  void send() {
    Echo echo;
    echo.header.type = ICMP_ECHO;
    echo.header.un.echo.id = id_;
    echo.header.un.echo.sequence = htons(static_cast<std::uint16_t>(sent_.size()));
    echo.header.checksum = checksum_of(echo);
    sent_.push_back(clock_ns(CLOCK_REALTIME));
    (void)::sendto(socket_.get(), &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
  }

  /// Takes answers until then, on the steady clock, or until all have come.
  void take_until(std::int64_t until, std::size_t all) {
    while (answered_ < all) {
      const std::int64_t left = until - clock_ns(CLOCK_MONOTONIC);
      if (left <= 0) return;
      const timespec patience{left / kSecond, left % kSecond};
      pollfd event{socket_.get(), POLLIN, 0};
      if (::ppoll(&event, 1, &patience, nullptr) > 0) take();
    }
  }

 private:
  void take() {
    std::array<unsigned char, 256> packet{};
    alignas(cmsghdr) std::array<char, 128> more{};
    sockaddr_in from{};
    iovec part{packet.data(), packet.size()};
    msghdr message{&from, sizeof from, &part, 1, more.data(), more.size(), 0};
    const ssize_t size = ::recvmsg(socket_.get(), &message, 0);
    if (size < static_cast<ssize_t>(sizeof(iphdr) + sizeof(icmphdr))) return;
    icmphdr echo{};
    std::memcpy(&echo, packet.data() + (packet[0] & 15U) * 4, sizeof echo);
    if (from.sin_addr.s_addr != to_.sin_addr.s_addr || echo.un.echo.id != id_) return;
    const std::size_t index = ntohs(echo.un.echo.sequence);
    if (index >= sent_.size() || sent_[index] == 0) return;
    const cmsghdr* stamp = CMSG_FIRSTHDR(&message);
    if (stamp == nullptr || stamp->cmsg_type != SCM_TIMESTAMPNS) die("no stamp");
    timespec time{};
    std::memcpy(&time, CMSG_DATA(stamp), sizeof time);
    std::printf("%.3f\n", static_cast<double>(nanoseconds(time) - sent_[index]) / kNanosecondsInMillisecond);
    sent_[index] = 0;
    ++answered_;
  }

  FileDescriptor socket_;
  sockaddr_in to_{};
  std::uint16_t id_ = static_cast<std::uint16_t>(::getpid());
  std::vector<std::int64_t> sent_;  ///< when each was, on the wall clock; 0: answered
  std::size_t answered_ = 0;
};

std::int64_t seconds(const char* text) { return static_cast<std::int64_t>(std::atof(text) * kSecond); }

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using namespace sallyport;
  const long count = argc < 4 || argc > 5 ? 0 : std::atol(argv[2]);
  const std::int64_t interval = count > 0 ? seconds(argv[3]) : 0;
  if (count <= 0 || count > UINT16_MAX || interval <= 0) {
    (void)std::fputs("usage: round_trips ADDRESS COUNT INTERVAL [AFTER]\n", stderr);
    return 2;
  }
  const auto all = static_cast<std::size_t>(count);
  Pings pings{argv[1], all};
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  std::int64_t due = clock_ns(CLOCK_MONOTONIC) + (argc > 4 ? seconds(argv[4]) : 0);
  for (std::size_t i = 0; i < all; ++i, due += interval) {
    pings.take_until(due, all);
    pings.send();
  }
  pings.take_until(due - interval + kSecond, all);
  return 0;
}
