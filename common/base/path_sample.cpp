#include "common/base/path_sample.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstddef>

namespace sallyport {
namespace {

/// What the kernel's tcp_info has behind the part that the C library knows of; it only ever grows at its end.
struct TcpInfo {
  tcp_info known;
  std::uint64_t pacing_rate;
  std::uint64_t most_pacing_rate;
  std::uint64_t octets_acknowledged;
  std::uint64_t octets_received;
  std::uint32_t segments_out;
  std::uint32_t segments_in;
  std::uint32_t unsent_octets;
  std::uint32_t least_rtt;
  std::uint32_t data_segments_in;
  std::uint32_t data_segments_out;
  std::uint64_t delivery_rate;
  std::uint64_t busy_time;
  std::uint64_t window_limited_time;
  std::uint64_t buffer_limited_time;
  std::uint32_t delivered;
  std::uint32_t delivered_marked;
  std::uint64_t octets_sent;
  std::uint64_t octets_retransmitted;
  std::uint32_t duplicates;
  std::uint32_t reorderings;
  std::uint32_t disordered;
};
static_assert(sizeof(tcp_info) == 104, "the first field behind it must follow at once");
static_assert(offsetof(TcpInfo, delivery_rate) == 160);
static_assert(offsetof(TcpInfo, delivered) == 192);
static_assert(offsetof(TcpInfo, disordered) == 224);

/// Until a round trip was measured the kernel has the longest one there is.
Duration least_rtt_of(const TcpInfo& info) noexcept {
  const bool is_known = info.least_rtt != ~std::uint32_t{0};
  return is_known ? std::chrono::microseconds{info.least_rtt} : Duration{};
}

/// All ones: no pacing.
double pacing_of(const TcpInfo& info) noexcept {
  return info.pacing_rate != ~std::uint64_t{0} ? static_cast<double>(info.pacing_rate) : 0;
}

/// The kernel's tcp_bbr_info; gains are multiples of 1/256.
struct BbrInfo {
  std::uint32_t rate_low;
  std::uint32_t rate_high;
  std::uint32_t least_rtt;
  std::uint32_t pacing_gain;
  std::uint32_t window_gain;
};
/// Later on it paces at most by 1.25, with a window of 2 to 2.25; while it starts up, by 2.77 to 2.89, and until the
/// queue that this left is gone it keeps the window.
constexpr std::uint32_t kStartUpPacing = 400;
constexpr std::uint32_t kStartUpWindow = 600;

/// No other congestion control tells as many octets.
double settled_rate(int fd) noexcept {
  BbrInfo info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, &info, &size) != 0 || size != sizeof info) return 0;
  if (info.pacing_gain > kStartUpPacing || info.window_gain > kStartUpWindow) return 0;
  return static_cast<double>(std::uint64_t{info.rate_high} << 32U | info.rate_low);
}

}  // namespace

std::optional<PathSample> sample_path(int fd) noexcept {
  TcpInfo info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return PathSample{.rtt = std::chrono::microseconds{info.known.tcpi_rtt},
                    .least_rtt = least_rtt_of(info),
                    .rate = static_cast<double>(info.delivery_rate),
                    .pacing = pacing_of(info),
                    .retransmitted = info.known.tcpi_total_retrans,
                    .sent = info.data_segments_out,
                    .delivered = info.delivered,
                    .disordered = info.disordered,
                    .received = info.octets_received,
                    .segment = static_cast<double>(info.known.tcpi_snd_mss),
                    .unsent = info.unsent_octets,
                    .resent = info.known.tcpi_retransmits,
                    .asked = info.known.tcpi_probes,
                    .settled = settled_rate(fd)};
}

void set_unsent_limit(int fd, std::size_t octets) noexcept {
  const auto value = static_cast<int>(octets);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

void limit_unread(int fd, std::size_t octets) noexcept {
  const auto value = static_cast<int>(octets);
  // Older kernels let the offered window follow a buffer only while they choose that themselves.
  const int clamp = 2 * value;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp, sizeof clamp);
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof value) == 0) return;
  // The system's limit may be a fraction of what is asked for, which would hold the connection up.
  int got = 0;
  socklen_t size = sizeof got;
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
  if (::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &size) == 0 && got < value) lift_unread_limit(fd);
}

void lift_unread_limit(int fd) noexcept {
  constexpr int kNone = 0;
  (void)::setsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &kNone, sizeof kNone);
}

void set_rate_limit(int fd, std::uint64_t octets) noexcept {
  (void)::setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &octets, sizeof octets);
}

}  // namespace sallyport
