#include "common/pki/good_signatures.hpp"

#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace sallyport {
namespace {

/// Enough for what stands for a signature of P-384.
constexpr std::size_t kUsual = 512;

}  // namespace

std::optional<Sha256Digest> GoodSignatures::name_of(std::initializer_list<Bytes> parts) {
  ByteBuffer all;
  all.reserve(kUsual);
  for (const Bytes part : parts) {
    const auto size = static_cast<std::uint64_t>(part.size());
    append(all, std::as_bytes(std::span{&size, 1}));
    append(all, part);
  }
  const auto digest = sha256(all);
  return digest ? std::optional{*digest} : std::nullopt;
}

/// Any part of a digest is as good as a hash of it.
std::size_t GoodSignatures::Hash::operator()(const Sha256Digest& name) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, name.data(), sizeof value);
  return value;
}

bool GoodSignatures::contains(const Sha256Digest& name) {
  const std::lock_guard lock{mutex_};
  if (recent_.contains(name)) return true;
  if (older_.erase(name) == 0) return false;
  keep(name);
  return true;
}

std::size_t GoodSignatures::size() {
  const std::lock_guard lock{mutex_};
  return recent_.size() + older_.size();
}

void GoodSignatures::add(const Sha256Digest& name) {
  const std::lock_guard lock{mutex_};
  keep(name);
}

void GoodSignatures::keep(const Sha256Digest& name) {
  if (recent_.size() >= kMost) {
    older_ = std::exchange(recent_, {});
  }
  recent_.insert(name);
}

}  // namespace sallyport
