#include "client/linux/stream_sample.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sallyport {

StreamSample sample_stream(int fd) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return {.unacknowledged = info.tcpi_unacked,
          .retransmits = info.tcpi_retransmits,
          .out_of_order = info.tcpi_rcv_ooopack,
          .acknowledged = info.tcpi_bytes_acked,
          .round_trip = std::chrono::microseconds{info.tcpi_rtt},
          .variation = std::chrono::microseconds{info.tcpi_rttvar}};
}

}  // namespace sallyport
