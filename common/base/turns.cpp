#include "common/base/turns.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sallyport {
namespace {

/// The least that the kernel takes; nanoseconds.
constexpr std::uint64_t kShortest = 100'000;

/// sched_setattr(2), as of its first version: the C library has no declaration of it.
struct Attributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;  ///< SCHED_OTHER: the length of a turn; 0: the usual one
  std::uint64_t deadline;
  std::uint64_t period;
};

}  // namespace

void take_turns(Turns turns) noexcept {
  Attributes attributes{};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;
  attributes.runtime = turns == Turns::Short ? kShortest : 0;
  (void)::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace sallyport
