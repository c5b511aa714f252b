#include "common/pki/good_signatures.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

namespace sallyport {

std::optional<Sha256Digest> GoodSignatures::name_of(Bytes certificate, Bytes key) {
  // The length keeps what ends the one apart from what begins the other.
  const auto size = static_cast<std::uint64_t>(certificate.size());
  ByteBuffer all(sizeof size);
  all.reserve(sizeof size + certificate.size() + key.size());
  std::memcpy(all.data(), &size, sizeof size);
  append(all, certificate);
  append(all, key);
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
