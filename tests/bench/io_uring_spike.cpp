// Whether io_uring would move packets between a TUN device and a TCP connection for less than read() and write() do.
// Thrown together for that question; docs/performance.md holds the answer. In a network namespace of its own:
//
//   unshare -rn build/tests/bench/io_uring_spike [SECONDS]
//
// Packets of 64 octets and of 60,000, each way of doing it in turn: out of the TUN device, into it, and from one TUN
// device through TCP into another. Prints packets a second and microseconds of processor time of a packet, of the
// threads that move it; what makes the packets runs beside them and is not counted.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/file_descriptor.hpp"

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kBatch = 32;
constexpr std::size_t kRoom = 65536;
/// Linux 6.7; older headers do not know it.
constexpr unsigned kReadMultishot = 49;

[[noreturn]] void die(const std::string& words) {
  std::perror(words.c_str());
  std::exit(1);
}

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// The two queues of one io_uring, by system calls alone.
class Ring {
 public:
  Ring() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    fd_.reset(static_cast<int>(::syscall(__NR_io_uring_setup, 4 * kBatch, &params)));
    if (!fd_) die("io_uring_setup");
    auto* const sq = map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    auto* const cq = map(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
    sqes_ = reinterpret_cast<io_uring_sqe*>(map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
    sq_tail_ = reinterpret_cast<unsigned*>(sq + params.sq_off.tail);
    sq_mask_ = *reinterpret_cast<unsigned*>(sq + params.sq_off.ring_mask);
    sq_array_ = reinterpret_cast<unsigned*>(sq + params.sq_off.array);
    cq_head_ = reinterpret_cast<unsigned*>(cq + params.cq_off.head);
    cq_tail_ = reinterpret_cast<unsigned*>(cq + params.cq_off.tail);
    cq_mask_ = *reinterpret_cast<unsigned*>(cq + params.cq_off.ring_mask);
    cqes_ = reinterpret_cast<io_uring_cqe*>(cq + params.cq_off.cqes);
  }
  void add(unsigned operation, int fd, void* data, std::size_t size, unsigned tag) {
    io_uring_sqe& sqe = next();
    sqe.opcode = static_cast<std::uint8_t>(operation);
    sqe.fd = fd;
    sqe.addr = reinterpret_cast<std::uint64_t>(data);
    sqe.len = static_cast<unsigned>(size);
    sqe.off = ~std::uint64_t{0};
    sqe.user_data = tag;
  }
  void add_multishot(int fd) {
    io_uring_sqe& sqe = next();
    sqe.opcode = kReadMultishot;
    sqe.fd = fd;
    sqe.off = ~std::uint64_t{0};
    sqe.flags = IOSQE_BUFFER_SELECT;
  }
  /// Submits what was added and waits for `least` completions.
  void enter(unsigned least) {
    if (::syscall(__NR_io_uring_enter, fd_.get(), std::exchange(added_, 0U), least, IORING_ENTER_GETEVENTS, nullptr,
                  0) < 0 &&
        errno != EINTR)
      die("io_uring_enter");
  }
  template <class Taker>
  unsigned reap(const Taker& take) {
    unsigned head = *cq_head_;
    const unsigned tail = std::atomic_ref{*cq_tail_}.load(std::memory_order_acquire);
    const unsigned count = tail - head;
    for (; head != tail; ++head) take(cqes_[head & cq_mask_]);
    std::atomic_ref{*cq_head_}.store(head, std::memory_order_release);
    return count;
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  std::byte* map(std::size_t size, std::uint64_t offset) {
    void* const at =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), static_cast<off_t>(offset));
    if (at == MAP_FAILED) die("mmap");
    return static_cast<std::byte*>(at);
  }
  io_uring_sqe& next() {
    const unsigned tail = *sq_tail_;
    const unsigned slot = tail & sq_mask_;
    sq_array_[slot] = slot;
    sqes_[slot] = {};
    ++added_;
    std::atomic_ref{*sq_tail_}.store(tail + 1, std::memory_order_release);
    return sqes_[slot];
  }

  FileDescriptor fd_;
  io_uring_sqe* sqes_ = nullptr;
  unsigned* sq_tail_ = nullptr;
  unsigned sq_mask_ = 0;
  unsigned* sq_array_ = nullptr;
  unsigned* cq_head_ = nullptr;
  unsigned* cq_tail_ = nullptr;
  unsigned cq_mask_ = 0;
  io_uring_cqe* cqes_ = nullptr;
  unsigned added_ = 0;
};

/// Buffers that the kernel picks from for a read that repeats itself.
class Buffers {
 public:
  explicit Buffers(int ring) {
    ring_ = static_cast<io_uring_buf*>(
        ::mmap(nullptr, kCount * sizeof(io_uring_buf), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0));
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(ring_);
    registration.ring_entries = kCount;
    if (::syscall(__NR_io_uring_register, ring, IORING_REGISTER_PBUF_RING, &registration, 1) != 0) die("buffers");
    for (unsigned id = 0; id < kCount; ++id) give(id);
    publish();
  }
  std::byte* at(unsigned id) { return memory_.data() + id * kRoom; }
  void give(unsigned id) {
    io_uring_buf& slot = ring_[tail_ & (kCount - 1)];
    slot.addr = reinterpret_cast<std::uint64_t>(at(id));
    slot.len = kRoom;
    slot.bid = static_cast<std::uint16_t>(id);
    ++tail_;
  }
  /// The tail lies in the first slot's reserved field.
  void publish() { std::atomic_ref{ring_[0].resv}.store(tail_, std::memory_order_release); }

 private:
  static constexpr unsigned kCount = 64;
  std::vector<std::byte> memory_ = std::vector<std::byte>(kCount * kRoom);
  io_uring_buf* ring_ = nullptr;
  std::uint16_t tail_ = 0;
};

void configure(const char* name, const char* address) {
  const FileDescriptor control{::socket(AF_INET, SOCK_DGRAM, 0)};
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (address != nullptr) {
    request.ifr_mtu = 65535;
    if (::ioctl(control.get(), SIOCSIFMTU, &request) != 0) die("MTU");
    sockaddr_in place{};
    place.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &place.sin_addr);
    std::memcpy(&request.ifr_addr, &place, sizeof place);
    if (::ioctl(control.get(), SIOCSIFADDR, &request) != 0) die("address");
    place.sin_addr.s_addr = htonl(0xffffff00U);
    std::memcpy(&request.ifr_netmask, &place, sizeof place);
    if (::ioctl(control.get(), SIOCSIFNETMASK, &request) != 0) die("mask");
  }
  request.ifr_flags = IFF_UP;
  if (::ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) die("up");
}

FileDescriptor open_tun(const char* name, const char* address, int flags) {
  FileDescriptor device{::open("/dev/net/tun", O_RDWR | flags)};
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (!device || ::ioctl(device.get(), TUNSETIFF, &request) != 0) die(name);
  configure(name, address);
  return device;
}

struct Tally {
  std::uint64_t packets = 0;
  std::chrono::nanoseconds used{};
};

/// Packets out of a device until `until`, by `take(data, size)`.
using Taker = std::function<void(const std::byte*, std::size_t)>;
using Turn = std::function<void()>;  ///< after each batch

Tally by_read(int device, Clock::time_point until, const Taker& take, const Turn& turn) {
  std::vector<std::byte> room(kRoom);
  Tally tally;
  const auto began = processor_time();
  while (Clock::now() < until) {
    unsigned count = 0;
    for (; count < kBatch; ++count) {
      const ssize_t size = ::read(device, room.data(), room.size());
      if (size <= 0) break;
      take(room.data(), static_cast<std::size_t>(size));
    }
    tally.packets += count;
    turn();
    if (count != 0) continue;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(device, &set);
    timeval patience{0, 10'000};
    (void)::select(device + 1, &set, nullptr, nullptr, &patience);
  }
  tally.used = processor_time() - began;
  return tally;
}

Tally by_ring(int device, Clock::time_point until, const Taker& take, const Turn& turn) {
  Ring ring;
  std::vector<std::byte> rooms(kBatch * kRoom);
  Tally tally;
  const auto began = processor_time();
  const auto ask = [&](unsigned tag) { ring.add(IORING_OP_READ, device, rooms.data() + tag * kRoom, kRoom, tag); };
  for (unsigned tag = 0; tag < kBatch; ++tag) ask(tag);
  while (Clock::now() < until) {
    ring.enter(1);
    tally.packets += ring.reap([&](const io_uring_cqe& done) {
      const auto tag = static_cast<unsigned>(done.user_data);
      if (done.res > 0) take(rooms.data() + tag * kRoom, static_cast<std::size_t>(done.res));
      ask(tag);
    });
    turn();
  }
  tally.used = processor_time() - began;
  return tally;
}

Tally by_multishot(int device, Clock::time_point until, const Taker& take, const Turn& turn) {
  Ring ring;
  Buffers buffers{ring.fd()};
  Tally tally;
  const auto began = processor_time();
  ring.add_multishot(device);
  while (Clock::now() < until) {
    ring.enter(1);
    bool is_over = false;
    tally.packets += ring.reap([&](const io_uring_cqe& done) {
      if ((done.flags & IORING_CQE_F_MORE) == 0) is_over = true;
      if ((done.flags & IORING_CQE_F_BUFFER) == 0) return;
      const unsigned id = done.flags >> IORING_CQE_BUFFER_SHIFT;
      if (done.res > 0) take(buffers.at(id), static_cast<std::size_t>(done.res));
      buffers.give(id);
    });
    buffers.publish();
    if (is_over) ring.add_multishot(device);
    turn();
  }
  tally.used = processor_time() - began;
  return tally;
}

/// Sends datagrams of `size` octets, headers included, to `address` until told to end.
void make_packets(const std::string& address, std::size_t size, const std::atomic<bool>& ended) {
  const FileDescriptor socket{::socket(AF_INET, SOCK_DGRAM, 0)};
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(9);
  ::inet_pton(AF_INET, address.c_str(), &place.sin_addr);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) die("connect");
  const std::vector<std::byte> payload(size - 28);
  std::vector<iovec> parts(64, iovec{const_cast<std::byte*>(payload.data()), payload.size()});
  std::vector<mmsghdr> messages(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  while (!ended) (void)::sendmmsg(socket.get(), messages.data(), static_cast<unsigned>(messages.size()), 0);
}

/// A UDP datagram from the other side of the device that nobody waits for.
std::vector<std::byte> datagram(std::size_t size) {
  std::vector<std::byte> packet(size);
  const auto put = [&packet](std::size_t at, unsigned value) {
    packet[at] = static_cast<std::byte>(value >> 8U);
    packet[at + 1] = static_cast<std::byte>(value & 0xffU);
  };
  const std::array<unsigned, 10> words{0x4500, static_cast<unsigned>(size), 0, 0, 0x4011, 0, 0x0a4d, 0x0102, 0x0a4d,
                                       0x0101};
  unsigned sum = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    put(2 * i, words[i]);
    sum += words[i];
  }
  sum = (sum & 0xffffU) + (sum >> 16U);
  put(10, ~((sum & 0xffffU) + (sum >> 16U)) & 0xffffU);
  put(20, 9);
  put(22, 9);
  put(24, static_cast<unsigned>(size - 20));
  return packet;
}

Tally write_by_write(int device, Clock::time_point until, const std::vector<std::byte>& packet) {
  Tally tally;
  const auto began = processor_time();
  while (Clock::now() < until) {
    for (unsigned i = 0; i < kBatch; ++i) tally.packets += ::write(device, packet.data(), packet.size()) > 0 ? 1 : 0;
  }
  tally.used = processor_time() - began;
  return tally;
}

Tally write_by_ring(int device, Clock::time_point until, std::vector<std::byte> packet) {
  Ring ring;
  Tally tally;
  const auto began = processor_time();
  while (Clock::now() < until) {
    for (unsigned i = 0; i < kBatch; ++i) ring.add(IORING_OP_WRITE, device, packet.data(), packet.size(), i);
    ring.enter(kBatch);
    ring.reap([&](const io_uring_cqe& done) { tally.packets += done.res > 0 ? 1 : 0; });
  }
  tally.used = processor_time() - began;
  return tally;
}

std::array<FileDescriptor, 2> tcp_pair() {
  const FileDescriptor listener{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0 ||
      ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&place), &size) != 0)
    die("listen");
  FileDescriptor near{::socket(AF_INET, SOCK_STREAM, 0)};
  if (::connect(near.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) die("connect");
  const int on = 1;
  ::setsockopt(near.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {std::move(near), FileDescriptor{::accept(listener.get(), nullptr, nullptr)}};
}

/// The far end of a pump: frames of the stream into the other device, one call each or many with one.
Tally pour(int stream, int device, bool with_ring) {
  std::vector<std::byte> room(std::size_t{256} << 10U);
  std::size_t held = 0;
  Tally tally;
  std::optional<Ring> ring;
  if (with_ring) ring.emplace();
  const auto began = processor_time();
  while (true) {
    const ssize_t size = ::recv(stream, room.data() + held, room.size() - held, 0);
    if (size <= 0) break;
    held += static_cast<std::size_t>(size);
    std::size_t at = 0;
    unsigned asked = 0;
    const auto settle = [&] {
      if (asked != 0) ring->enter(asked);
      asked = 0;
      if (ring) ring->reap([](const io_uring_cqe&) {});
    };
    while (held - at >= 2) {
      const auto length = std::to_integer<std::size_t>(room[at]) << 8U | std::to_integer<std::size_t>(room[at + 1]);
      if (held - at < length + 2) break;
      ++tally.packets;
      if (!ring) {
        (void)!::write(device, room.data() + at + 2, length);
      } else {
        ring->add(IORING_OP_WRITE, device, room.data() + at + 2, length, 0);
        if (++asked == 2 * kBatch) settle();
      }
      at += length + 2;
    }
    settle();
    std::memmove(room.data(), room.data() + at, held - at);
    held -= at;
  }
  tally.used = processor_time() - began;
  return tally;
}

using Reader = Tally (*)(int, Clock::time_point, const Taker&, const Turn&);

/// From one device through TCP into another: both threads' time for what came out.
Tally pump(int from, int to, Clock::time_point until, Reader reader, bool with_ring) {
  auto [near, far] = tcp_pair();
  Tally poured;
  std::thread other{[&, stream = far.get()] { poured = pour(stream, to, with_ring); }};
  std::vector<std::byte> slab;
  const auto flush = [&] {
    for (std::size_t sent = 0; sent < slab.size();) {
      const ssize_t size = ::send(near.get(), slab.data() + sent, slab.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) break;
      sent += static_cast<std::size_t>(size);
    }
    slab.clear();
  };
  const auto read = reader(
      from, until,
      [&](const std::byte* data, std::size_t size) {
        slab.push_back(static_cast<std::byte>(size >> 8U));
        slab.push_back(static_cast<std::byte>(size & 0xffU));
        slab.insert(slab.end(), data, data + size);
        if (slab.size() >= kRoom) flush();
      },
      flush);
  ::shutdown(near.get(), SHUT_WR);
  other.join();
  return {poured.packets, read.used + poured.used};
}

void tell(const char* what, std::size_t size, const Tally& tally, int seconds) {
  std::printf("%-44s %6zu octets: %9.0f packets/s, %6.2f us each\n", what, size,
              static_cast<double>(tally.packets) / seconds,
              std::chrono::duration<double, std::micro>{tally.used}.count() /
                  static_cast<double>(std::max<std::uint64_t>(tally.packets, 1)));
  std::fflush(stdout);
}

void measure(int seconds) {
  configure("lo", nullptr);
  const auto until = [seconds] { return Clock::now() + std::chrono::seconds{seconds}; };
  const auto sink = open_tun("sink", "10.77.1.1", 0);
  // A ring that is closed lets go of its device a while later.
  int number = 1;
  // Without waiting for read(), which asks again; with waiting for io_uring, which would be told of an empty queue.
  const auto reads = [&](const char* what, std::size_t size, int flags, const std::function<Tally(int)>& work) {
    const auto network = "10.77." + std::to_string(++number) + '.';
    const auto device = open_tun(("spike" + std::to_string(number)).c_str(), (network + '1').c_str(), flags);
    std::atomic<bool> ended{false};
    std::thread source{[&] { make_packets(network + '2', size, ended); }};
    const auto tally = work(device.get());
    ended = true;
    source.join();
    tell(what, size, tally, seconds);
  };
  const auto nothing = [](const std::byte*, std::size_t) {};
  for (const std::size_t size : {std::size_t{64}, std::size_t{60'000}}) {
    reads("out of TUN, read()", size, O_NONBLOCK, [&](int device) { return by_read(device, until(), nothing, [] {}); });
    reads("out of TUN, io_uring, 32 reads", size, 0,
          [&](int device) { return by_ring(device, until(), nothing, [] {}); });
    reads("out of TUN, io_uring, multishot", size, 0,
          [&](int device) { return by_multishot(device, until(), nothing, [] {}); });
    tell("into TUN, write()", size, write_by_write(sink.get(), until(), datagram(size)), seconds);
    tell("into TUN, io_uring, 32 writes", size, write_by_ring(sink.get(), until(), datagram(size)), seconds);
    reads("TUN, TCP, TUN: read() and write()", size, O_NONBLOCK,
          [&](int device) { return pump(device, sink.get(), until(), by_read, false); });
    reads("TUN, TCP, TUN: io_uring", size, 0,
          [&](int device) { return pump(device, sink.get(), until(), by_ring, true); });
    reads("TUN, TCP, TUN: io_uring, multishot", size, 0,
          [&](int device) { return pump(device, sink.get(), until(), by_multishot, true); });
  }
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  sallyport::measure(argc > 1 ? std::atoi(argv[1]) : 1);
  return 0;
}
