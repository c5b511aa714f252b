#include "common/base/unsent_limit.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>

namespace sallyport {
namespace {

constexpr auto kBeat = std::chrono::milliseconds{50};
/// What waits in the kernel leaves within this time.
constexpr auto kHeld = std::chrono::milliseconds{5};

}  // namespace

void UnsentLimit::note(int fd, std::size_t octets, TimePoint now) noexcept {
  octets_ += octets;
  const auto elapsed = now - since_;
  if (elapsed < kBeat) return;
  const auto held =
      static_cast<std::size_t>(static_cast<double>(octets_) * (std::chrono::duration<double>{kHeld} / elapsed));
  octets_ = 0;
  since_ = now;
  const std::size_t wanted = std::clamp(held, kLeast, kMost);
  // Rates waver; a quarter more or less is the same.
  if (wanted <= limit_ + limit_ / 4 && wanted + limit_ / 4 >= limit_) return;
  limit_ = wanted;
  const auto value = static_cast<int>(wanted);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

}  // namespace sallyport
