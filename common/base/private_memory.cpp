#include "common/base/private_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define SALLYPORT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SALLYPORT_SANITIZED 1
#endif
#endif

namespace sallyport {

void keep_memory_private() noexcept {
#ifndef SALLYPORT_SANITIZED
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace sallyport
