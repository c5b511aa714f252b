// One TCP connection that never falls silent, and when each end last heard of the other: how a cut flow is measured.
//
//   steady_flow serve ADDRESS PORT...     office; then, line by line on standard input:
//     get ID    prints "ID LAST COUNT": when the last octets came of the flow with that ID, and how many reads there
//     were
//   steady_flow run ADDRESS PORT ID       laptop; prints "open", and on SIGTERM or at its end "LAST COUNT HOW"
//
// Every two milliseconds each end sends a little. Times are nanoseconds of CLOCK_MONOTONIC, one for all namespaces, at
// which the kernel had the packet: how long this program then waits for a processor is no property of the tunnel.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr long kPaceNanoseconds = 2'000'000;
constexpr std::size_t kUp = 128;
constexpr std::size_t kDown = 512;
constexpr std::size_t kId = 16;

volatile std::sig_atomic_t is_over = 0;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "steady_flow: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::int64_t now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return nanoseconds(time);
}

struct Received {
  ssize_t size;
  std::int64_t at;
};

Received receive(int peer, char* octets, std::size_t size) {
  iovec piece{octets, size};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(peer, &message, MSG_DONTWAIT);
  const std::int64_t at = now(CLOCK_MONOTONIC);
  if (n <= 0) return {n, at};
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec arrived{};
    std::memcpy(&arrived, CMSG_DATA(each), sizeof arrived);
    return {n, at - (now(CLOCK_REALTIME) - nanoseconds(arrived))};
  }
  return {n, at};
}

sockaddr_in endpoint(const char* address, const char* port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, address, &result.sin_addr) != 1) die(address);
  return result;
}

int pace() {
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  const itimerspec every{.it_interval = {0, kPaceNanoseconds}, .it_value = {0, kPaceNanoseconds}};
  if (timer < 0 || ::timerfd_settime(timer, 0, &every, nullptr) != 0) die("timer");
  return timer;
}

void send_some(int peer, std::size_t size) {
  static const std::array<char, kDown> kOctets{};
  (void)::send(peer, kOctets.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void prepare(int peer) {
  const int on = 1;
  ::setsockopt(peer, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct Heard {
  std::int64_t last = 0;
  std::uint64_t count = 0;
};

/// The office: every flow that ever came is remembered.
class Office {
 public:
  Office(const char* address, char** ports, int count) {
    for (int i = 0; i < count; ++i) {
      const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int on = 1;
      ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      const auto where = endpoint(address, ports[i]);
      if (::bind(listener, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) die("bind");
      if (::listen(listener, 64) != 0) die("listen");
      listeners_.push_back(listener);
    }
    timer_ = pace();
    std::puts("ready");
    std::fflush(stdout);
  }

  void serve() {
    while (is_over == 0) {
      std::vector<pollfd> wait{{0, POLLIN, 0}, {timer_, POLLIN, 0}};
      for (const int listener : listeners_) wait.push_back({listener, POLLIN, 0});
      for (const auto& [peer, id] : peers_) wait.push_back({peer, POLLIN, 0});
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;
      for (std::size_t i = 2 + listeners_.size(); i < wait.size(); ++i) {
        if (wait[i].revents != 0) hear(wait[i].fd);
      }
      for (std::size_t i = 2; i < 2 + listeners_.size(); ++i) {
        if (wait[i].revents != 0) welcome(wait[i].fd);
      }
      if (wait[1].revents != 0) tick();
      if (wait[0].revents != 0 && !answer()) return;
    }
  }

 private:
  void welcome(int listener) {
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer < 0) return;
    prepare(peer);
    peers_[peer] = {};
  }

  void hear(int peer) {
    std::array<char, 65536> buffer;
    const auto [n, at] = receive(peer, buffer.data(), buffer.size());
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      ::close(peer);
      peers_.erase(peer);
      return;
    }
    std::string& id = peers_[peer];
    if (id.empty()) id.assign(buffer.data(), ::strnlen(buffer.data(), kId));
    Heard& heard = heard_[id];
    heard.last = at;
    ++heard.count;
  }

  void tick() {
    std::uint64_t expirations = 0;
    (void)!::read(timer_, &expirations, sizeof expirations);
    for (const auto& [peer, id] : peers_) send_some(peer, kDown);
  }

  /// False at the end of the input.
  bool answer() {
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(0, buffer.data(), buffer.size() - 1);
    if (n <= 0) return false;
    asked_.append(buffer.data(), static_cast<std::size_t>(n));
    for (auto end = asked_.find('\n'); end != std::string::npos; end = asked_.find('\n')) {
      const std::string id = asked_.substr(std::min<std::size_t>(4, end), end - std::min<std::size_t>(4, end));
      asked_.erase(0, end + 1);
      const Heard heard = heard_[id];
      std::printf("%s %lld %llu\n", id.c_str(), static_cast<long long>(heard.last),
                  static_cast<unsigned long long>(heard.count));
    }
    std::fflush(stdout);
    return true;
  }

  std::vector<int> listeners_;
  int timer_ = -1;
  std::map<int, std::string> peers_;
  std::map<std::string, Heard> heard_;
  std::string asked_;
};

const char* how_it_ended(ssize_t received) {
  if (received == 0) return "closed";
  return errno == ECONNRESET ? "reset" : "broken";
}

int run(char** arguments) {
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto where = endpoint(arguments[0], arguments[1]);
  const timeval limit{.tv_sec = 3, .tv_usec = 0};
  ::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(peer, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) die("connect");
  prepare(peer);
  std::array<char, kId> id{};
  std::strncpy(id.data(), arguments[2], id.size() - 1);
  if (::send(peer, id.data(), id.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(id.size())) die("send");
  std::puts("open");
  std::fflush(stdout);
  Heard heard;
  const char* how = "stopped";
  const int timer = pace();
  while (is_over == 0) {
    std::array<pollfd, 2> wait{pollfd{peer, POLLIN, 0}, pollfd{timer, POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), -1) < 0) continue;
    if (wait[1].revents != 0) {
      std::uint64_t expirations = 0;
      (void)!::read(timer, &expirations, sizeof expirations);
      send_some(peer, kUp);
    }
    if (wait[0].revents == 0) continue;
    std::array<char, 65536> buffer;
    const auto [n, at] = receive(peer, buffer.data(), buffer.size());
    if (n < 0 && errno == EAGAIN) continue;
    if (n <= 0) {
      how = how_it_ended(n);
      break;
    }
    heard = {at, heard.count + 1};
  }
  std::printf("%lld %llu %s\n", static_cast<long long>(heard.last), static_cast<unsigned long long>(heard.count), how);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction end {};
  end.sa_handler = [](int) { is_over = 1; };
  ::sigaction(SIGTERM, &end, nullptr);
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "serve" && argc > 3) {
    Office{argv[2], argv + 3, argc - 3}.serve();
    return 0;
  }
  if (mode == "run" && argc == 5) return run(argv + 2);
  std::fprintf(stderr, "usage: see the head of tests/bench/steady_flow.cpp\n");
  return 2;
}
