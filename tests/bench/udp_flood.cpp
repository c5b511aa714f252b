// Small UDP packets at a steady rate, and who counts them: batches of system calls at both ends, and a large socket
// buffer where the kernel allows one, so that what is measured lies between the two.
//
//   udp_flood receive ADDRESS PORT SECONDS                says "ready", then prints how many came; it ends sooner once
//                                                         nothing has come for 0.4 s after something did
//   udp_flood send ADDRESS PORT SECONDS RATE OCTETS       prints how many were sent
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "common/base/file_descriptor.hpp"

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 32;
constexpr std::size_t kLargest = 2048;

[[noreturn]] void die(const char* words) {
  std::perror(words);
  std::exit(1);
}

sockaddr_in endpoint(const char* address, const char* port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, address, &result.sin_addr) != 1) die("not an IPv4 address");
  return result;
}

/// The same buffer for every message: nobody looks at what is in it.
struct Batch {
  explicit Batch(std::size_t octets) : parts(kBatch), messages(kBatch), buffer(kBatch * kLargest) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts[i] = {buffer.data() + i * kLargest, octets};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
  std::vector<iovec> parts;
  std::vector<mmsghdr> messages;
  std::vector<char> buffer;
};

void receive(char** arguments) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
  const int room = 16 << 20;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0) {
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  }
  const timeval patience{0, 400'000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto address = endpoint(arguments[0], arguments[1]);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  std::puts("ready");
  std::fflush(stdout);
  Batch batch{kLargest};
  std::uint64_t came = 0;
  const auto until = Clock::now() + std::chrono::seconds{std::atoi(arguments[2])};
  while (Clock::now() < until) {
    const int count = ::recvmmsg(socket.get(), batch.messages.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (count > 0) {
      came += static_cast<std::uint64_t>(count);
    } else if (came > 0) {
      break;
    }
  }
  std::printf("%llu\n", static_cast<unsigned long long>(came));
}

void send(char** arguments) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
  const auto address = endpoint(arguments[0], arguments[1]);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("connect");
  const double rate = std::atof(arguments[3]);
  Batch batch{static_cast<std::size_t>(std::atoi(arguments[4]))};
  std::uint64_t sent = 0;
  const auto start = Clock::now();
  const auto until = start + std::chrono::seconds{std::atoi(arguments[2])};
  for (auto now = start; now < until; now = Clock::now()) {
    const double due = rate * std::chrono::duration<double>(now - start).count();
    if (static_cast<double>(sent) + kBatch > due) {
      std::this_thread::sleep_for(std::chrono::microseconds{20});
      continue;
    }
    const int count = ::sendmmsg(socket.get(), batch.messages.data(), kBatch, 0);
    if (count > 0) sent += static_cast<std::uint64_t>(count);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sent));
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "receive" && argc == 5) {
    sallyport::receive(argv + 2);
  } else if (mode == "send" && argc == 7) {
    sallyport::send(argv + 2);
  } else {
    std::fputs("udp_flood: usage: see the head of tests/bench/udp_flood.cpp\n", stderr);
    return 2;
  }
  return 0;
}
