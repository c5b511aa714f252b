#include "tests/bench/crowd/sink.hpp"

#include "tests/bench/crowd/must.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sallyport {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kLargest = 2048;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

struct Batch {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_in, kBatch> peers{};
  std::array<std::array<char, kLargest>, kBatch> data{};
  std::array<std::array<char, 64>, kBatch> notes{};

  void open() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts[i] = {data[i].data(), kLargest};
      messages[i].msg_hdr = {&peers[i], sizeof peers[i], &parts[i], 1, notes[i].data(), notes[i].size(), 0};
    }
  }
  /// When the kernel took it; 0: it does not say.
  std::int64_t arrival(std::size_t i) {
    msghdr& header = messages[i].msg_hdr;
    for (cmsghdr* note = CMSG_FIRSTHDR(&header); note != nullptr; note = CMSG_NXTHDR(&header, note)) {
      if (note->cmsg_level != SOL_SOCKET || note->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec time{};
      std::memcpy(&time, CMSG_DATA(note), sizeof time);
      return time.tv_sec * kNanoseconds + time.tv_nsec;
    }
    return 0;
  }
  void turn_round(std::size_t i) {
    parts[i].iov_len = messages[i].msg_len;
    messages[i].msg_hdr.msg_control = nullptr;
    messages[i].msg_hdr.msg_controllen = 0;
  }
};

}  // namespace

Sink::Sink(const std::string& address, std::uint16_t port)
    : socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  const int room = 16 << 20;
  const int on = 1;
  for (const int option : {SO_RCVBUFFORCE, SO_SNDBUFFORCE})
    (void)::setsockopt(socket_.get(), SOL_SOCKET, option, &room, sizeof room);
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (::inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1 ||
      ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
    give_up("cannot listen at " + address);
  thread_ = std::thread{[this] { serve(); }};
}

Sink::~Sink() {
  over_ = true;
  thread_.join();
}

void Sink::reset() noexcept {
  received_ = 0;
  largest_gap_ = 0;
  last_ = 0;
}

void Sink::note(std::int64_t arrived) noexcept {
  const auto last = last_.exchange(arrived);
  if (last != 0 && arrived != 0) largest_gap_ = std::max(largest_gap_.load(), arrived - last);
  ++received_;
}

void Sink::serve() {
  const auto batch = std::make_unique<Batch>();
  while (!over_) {
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, 100) != 1) continue;
    batch->open();
    const int count = ::recvmmsg(socket_.get(), batch->messages.data(), kBatch, 0, nullptr);
    for (int i = 0; i < count; ++i) {
      note(batch->arrival(static_cast<std::size_t>(i)));
      batch->turn_round(static_cast<std::size_t>(i));
    }
    if (count > 0) (void)::sendmmsg(socket_.get(), batch->messages.data(), static_cast<unsigned>(count), 0);
  }
}

}  // namespace sallyport
