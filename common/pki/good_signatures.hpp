#pragma once

#include "common/base/bytes.hpp"
#include "common/pki/sha256.hpp"

#include <cstddef>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <unordered_set>

namespace sallyport {

/// Signatures that were found good, so that the same one is not verified again: by the other verifier of a handshake,
/// or when a laptop comes back. That is a fact about exact octets and never changes; it says nothing about dates,
/// revocation or whom to trust, which are asked every time; ecdsa.hpp says why it may be shared. Bounded: what was not
/// asked for lately goes. Safe to use from any thread.
class GoodSignatures {
 public:
  /// Of each half of what is remembered.
  static constexpr std::size_t kMost = 8192;

  /// What stands for these parts, by all their octets and where each ends; the first says what the others are. Nullopt:
  /// it cannot be had, and nothing is remembered.
  [[nodiscard]] static std::optional<Sha256Digest> name_of(std::initializer_list<Bytes> parts);

  [[nodiscard]] bool contains(const Sha256Digest& name);
  [[nodiscard]] std::size_t size();
  /// It was verified just now.
  void add(const Sha256Digest& name);

 private:
  struct Hash {
    [[nodiscard]] std::size_t operator()(const Sha256Digest& name) const noexcept;
  };
  using Names = std::unordered_set<Sha256Digest, Hash>;

  void keep(const Sha256Digest& name);  // the mutex is held

  std::mutex mutex_;
  Names recent_;
  Names older_;
};

}  // namespace sallyport
