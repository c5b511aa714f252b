// When a command that connects began, and when the first answer to a ping came. Both stand ready in the laptop's
// namespace before the clock starts, so that what is measured is the tunnel and not how a bench starts programs.
//
//   first_reply hold WORD COMMAND... [--then COMMAND...]   waits for the fifo WORD to say so, then runs the commands,
//   each
//                                                          once the one before has ended; it becomes the last of them
//   first_reply ping ADDRESS SECONDS [WORD]                says "ready"; with a line on stdin it takes the time, gives
//                                                          whoever waits for WORD its word, and pings every 0.2 ms;
//                                                          prints when it began and when the kernel had the first
//                                                          answer (steady clock, ns), or "never"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/icmp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/file_descriptor.hpp"
#include "tests/bench/clock_reading.hpp"

extern char** environ;

namespace sallyport {
namespace {

constexpr std::int64_t kBetweenPings = 200'000;
constexpr std::int64_t kOpening = 10 * kSecond;
constexpr useconds_t kOpeningStep = 500;

void run(char** words) {
  pid_t child = 0;
  if (const int code = ::posix_spawnp(&child, words[0], nullptr, nullptr, words, environ); code != 0) {
    errno = code;
    die(words[0]);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) std::exit(1);
}

[[noreturn]] void hold(const char* path, char** words) {
  std::vector<char**> commands{words};
  for (char** word = words; *word != nullptr; ++word) {
    if (std::string_view{*word} != "--then") continue;
    *word = nullptr;
    commands.push_back(word + 1);
  }
  FileDescriptor word{::open(path, O_RDONLY | O_CLOEXEC)};
  char ignored = 0;
  if (!word || ::read(word.get(), &ignored, 1) != 1) die(path);
  for (std::size_t i = 0; i + 1 < commands.size(); ++i) run(commands[i]);
  ::execvp(*commands.back(), commands.back());
  die(*commands.back());
}

/// The end that gives the word; it is there once somebody waits at the other one.
FileDescriptor reach(const char* path) {
  const std::int64_t until = clock_ns(CLOCK_MONOTONIC) + kOpening;
  while (true) {
    FileDescriptor word{::open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
    if (word) return word;
    if (errno != ENXIO || clock_ns(CLOCK_MONOTONIC) > until) die(path);
    ::usleep(kOpeningStep);
  }
}

class Pings {
 public:
  explicit Pings(const char* address) : socket_{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)} {
    to_.sin_family = AF_INET;
    if (::inet_pton(AF_INET, address, &to_.sin_addr) != 1) die("not an IPv4 address");
    icmp_filter answers{};
    answers.data = ~(1U << ICMP_ECHOREPLY);
    const int on = 1;
    if (!socket_ || ::setsockopt(socket_.get(), SOL_RAW, ICMP_FILTER, &answers, sizeof answers) != 0 ||
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) {
      die("cannot ping");
    }
  }

  /// One more; before there is a way it fails.
  void send() {
    icmphdr echo{};
    echo.type = ICMP_ECHO;
    echo.un.echo.id = id_;
    // Of a header of four words, of which two are not zero.
    const std::uint32_t sum = htons(ICMP_ECHO << 8) + std::uint32_t{id_};
    echo.checksum = static_cast<std::uint16_t>(~((sum & 0xFFFFU) + (sum >> 16U)));
    (void)::sendto(socket_.get(), &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
  }

  /// When the kernel had an answer to one of ours, on the steady clock.
  std::optional<std::int64_t> await(std::int64_t until) {
    while (true) {
      const std::int64_t left = until - clock_ns(CLOCK_MONOTONIC);
      if (left <= 0) return std::nullopt;
      const timespec patience{left / kSecond, left % kSecond};
      pollfd event{socket_.get(), POLLIN, 0};
      if (::ppoll(&event, 1, &patience, nullptr) <= 0) return std::nullopt;
      if (const auto came = take()) return came;
    }
  }

 private:
  std::optional<std::int64_t> take() {
    std::array<unsigned char, 256> packet{};
    alignas(cmsghdr) std::array<char, 128> more{};
    sockaddr_in from{};
    iovec part{packet.data(), packet.size()};
    msghdr message{&from, sizeof from, &part, 1, more.data(), more.size(), 0};
    const ssize_t size = ::recvmsg(socket_.get(), &message, 0);
    if (size < static_cast<ssize_t>(sizeof(iphdr) + sizeof(icmphdr))) return std::nullopt;
    icmphdr echo{};
    std::memcpy(&echo, packet.data() + (packet[0] & 15U) * 4, sizeof echo);
    if (from.sin_addr.s_addr != to_.sin_addr.s_addr || echo.un.echo.id != id_) return std::nullopt;
    const std::int64_t apart = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
    const cmsghdr* stamp = CMSG_FIRSTHDR(&message);
    if (stamp == nullptr || stamp->cmsg_type != SCM_TIMESTAMPNS) die("no stamp");
    timespec time{};
    std::memcpy(&time, CMSG_DATA(stamp), sizeof time);
    return nanoseconds(time) - apart;
  }

  FileDescriptor socket_;
  sockaddr_in to_{};
  std::uint16_t id_ = static_cast<std::uint16_t>(::getpid());
};

void ping(const char* address, int seconds, const char* path) {
  Pings pings{address};
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  const FileDescriptor word = path != nullptr ? reach(path) : FileDescriptor{};
  std::puts("ready");
  std::fflush(stdout);
  (void)std::getchar();
  const std::int64_t began = clock_ns(CLOCK_MONOTONIC);
  if (word && ::write(word.get(), "\n", 1) != 1) die("nobody waits for the word");
  std::int64_t next = began;
  while (next < began + seconds * kSecond) {
    pings.send();
    next = std::max(next + kBetweenPings, clock_ns(CLOCK_MONOTONIC));
    const auto came = pings.await(next);
    if (!came) continue;
    std::printf("%lld %lld\n", static_cast<long long>(began), static_cast<long long>(*came));
    return;
  }
  std::puts("never");
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  const std::string_view what{argc > 1 ? argv[1] : ""};
  if (what == "hold" && argc > 3) sallyport::hold(argv[2], argv + 3);
  if (what != "ping" || argc < 4 || argc > 5) {
    (void)std::fputs("usage: first_reply hold WORD COMMAND... [--then COMMAND...] | ping ADDRESS SECONDS [WORD]\n",
                     stderr);
    return 2;
  }
  sallyport::ping(argv[2], std::atoi(argv[3]), argc > 4 ? argv[4] : nullptr);
  return 0;
}
