#include "common/base/secret.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sallyport {

Secret::Secret(std::string_view text) noexcept {
  if (text.empty()) return;
  void* page = ::mmap(nullptr, kMaxSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  (void)::mlock(page, kMaxSize);
  (void)::madvise(page, kMaxSize, MADV_DONTDUMP);
  data_ = static_cast<char*>(page);
  size_ = std::min(text.size(), kMaxSize);
  std::memcpy(data_, text.data(), size_);
}

Secret::Secret(Secret&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  release();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Secret::~Secret() { release(); }

void Secret::release() noexcept {
  if (data_ == nullptr) return;
  ::explicit_bzero(data_, kMaxSize);
  (void)::munmap(data_, kMaxSize);
}

}  // namespace sallyport
