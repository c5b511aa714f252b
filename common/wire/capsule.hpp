#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/capsule_error.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// docs/protocol.md section 4. Other values may stand in a variable of this type, but a CapsuleReader yields only
/// these.
enum class CapsuleType : std::uint64_t {
  Datagram = 0x00,
  AddressAssign = 0x01,
  AddressRequest = 0x02,
  RouteAdvertisement = 0x03,
  Notice = 0x17639157c1b07806,
  Why = 0x16a3e5d4413f2cd5,
  Attest = 0x2b5d0e8f63a917c4,
  Proof = 0x1d4f86b20c97e35a,
  Posture = 0x1d8b47f2c6305ea9,
  Authorities = 0x2c94e1673a5bd08f,
  Probe = 0x24c9d1e7a05b3f86,
};

/// Inside packets are at most this long, as IPv4 and IPv6 without jumbograms have it.
inline constexpr std::size_t kMaxPacket = 65535;
/// Longest value of any capsule we read: one packet and its context ID.
inline constexpr std::size_t kMaxCapsuleValue = kMaxPacket + 1;

struct Capsule {
  CapsuleType type{};
  Bytes payload;  ///< borrowed from the reader or from the fed bytes
};

/// Cuts a data stream into capsules (RFC 9297 section 3.2).
///
/// Call feed(), then next() until it returns nullopt: only then has every fed byte been used or kept. A capsule that is
/// whole in the fed bytes is not copied. Capsules of unknown type and overlong DATAGRAMs are skipped without storing
/// them.
class CapsuleReader {
 public:
  /// Borrows `stream` until next() has returned nullopt. Requires that the bytes of the last feed() are used up.
  void feed(Bytes stream) noexcept;

  /// The next capsule, valid until the next call of next() or feed(). An error is final.
  [[nodiscard]] Result<std::optional<Capsule>, CapsuleError> next();

  /// The stream may end here. Meaningful once next() has returned nullopt.
  [[nodiscard]] bool at_boundary() const noexcept { return skip_ == 0 && (partial_.empty() || is_partial_used_); }

  /// Capsules that were passed over: unknown types and DATAGRAMs too long to be useful.
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }
  /// Gives back the memory of capsules that are used up. What next() returned last is no longer borrowed.
  void release_memory() noexcept {
    if (!partial_.empty() && !is_partial_used_) return;
    partial_ = ByteBuffer{};  // = {} would keep the memory
    is_partial_used_ = false;
  }
  /// Octets of memory held for an unfinished capsule.
  [[nodiscard]] std::size_t memory() const noexcept { return partial_.capacity(); }

 private:
  using Outcome = Result<std::optional<Capsule>, CapsuleError>;
  struct Header {
    CapsuleType type;
    std::uint64_t length;  ///< of the value
    std::size_t size;      ///< of type and length
  };
  enum class Use { Read, Skip, Refuse };

  static std::optional<Header> parse_header(Bytes bytes) noexcept;
  static Use use_of(const Header& header) noexcept;
  void skip();
  void begin_skip(std::uint64_t length) noexcept;
  /// Moves input into partial_ until that holds `size` octets; false when the input ran out first.
  bool gather(std::size_t size);
  std::optional<Header> gather_header();
  Outcome next_whole();
  Outcome next_gathered();
  Outcome refuse(CapsuleError error);

  Bytes input_;
  ByteBuffer partial_;  ///< header and value, as far as they have come
  bool is_partial_used_ = false;
  std::uint64_t skip_ = 0;
  std::uint64_t skipped_ = 0;
  std::optional<CapsuleError> error_;
};

/// Appends a whole capsule.
void append_capsule(ByteBuffer& out, CapsuleType type, Bytes value);
/// Appends type and length alone; `length` octets must follow.
void append_capsule_header(ByteBuffer& out, CapsuleType type, std::size_t length);

}  // namespace sallyport
