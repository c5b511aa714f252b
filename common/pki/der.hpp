#pragma once

#include "common/base/bytes.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

/// The part of ASN.1 DER (X.690) that X.509 needs: one-octet tags, definite minimal lengths.
namespace sallyport::der {

enum Tag : std::uint8_t {
  Boolean = 0x01,
  Integer = 0x02,
  BitString = 0x03,
  OctetString = 0x04,
  Null = 0x05,
  Oid = 0x06,
  Enumerated = 0x0a,
  Utf8String = 0x0c,
  PrintableString = 0x13,
  Ia5String = 0x16,
  UtcTime = 0x17,
  GeneralizedTime = 0x18,
  Sequence = 0x30,
  Set = 0x31,
};
/// [number], primitive and constructed.
[[nodiscard]] constexpr std::uint8_t context(unsigned number) noexcept {
  return static_cast<std::uint8_t>(0x80U | number);
}
[[nodiscard]] constexpr std::uint8_t constructed(unsigned number) noexcept {
  return static_cast<std::uint8_t>(0xa0U | number);
}

struct Element {
  std::uint8_t tag = 0;
  Bytes content;
  Bytes whole;  ///< with tag and length
};

/// Walks the elements of one level. Borrows from the bytes it was given.
class Reader {
 public:
  explicit Reader(Bytes bytes) noexcept : rest_{bytes} {}

  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  /// 0 at the end.
  [[nodiscard]] std::uint8_t peek() const noexcept {
    return rest_.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(rest_[0]);
  }
  /// Nullopt at the end and for anything that is not DER.
  [[nodiscard]] std::optional<Element> next() noexcept;
  /// Nullopt also when the next element has another tag; nothing is consumed then.
  [[nodiscard]] std::optional<Element> next(std::uint8_t tag) noexcept;

 private:
  Bytes rest_;
};

/// The single element that fills `bytes` exactly.
[[nodiscard]] std::optional<Element> only(Bytes bytes, std::uint8_t tag) noexcept;

/// How many octets are missing of the element that `bytes` begin with, by its own length; 1 also where its head is not
/// complete. 0: none, or this is no DER.
[[nodiscard]] std::size_t missing(Bytes bytes) noexcept;

/// The octets of a non-negative INTEGER without its leading zero; nullopt when negative, not minimal or empty.
[[nodiscard]] std::optional<Bytes> unsigned_integer(Bytes content) noexcept;
[[nodiscard]] std::optional<std::uint64_t> small_integer(Bytes content) noexcept;
/// A BIT STRING of whole octets.
[[nodiscard]] std::optional<Bytes> octets_of_bit_string(Bytes content) noexcept;
[[nodiscard]] std::optional<bool> boolean(Bytes content) noexcept;
/// UTCTime or GeneralizedTime in the only forms RFC 5280 4.1.2.5 allows.
[[nodiscard]] std::optional<WallTime> time(const Element& element) noexcept;

[[nodiscard]] ByteBuffer wrap(std::uint8_t tag, Bytes content);
[[nodiscard]] ByteBuffer concat(std::initializer_list<Bytes> parts);
[[nodiscard]] ByteBuffer sequence(std::initializer_list<Bytes> parts);
[[nodiscard]] ByteBuffer oid(std::string_view encoded);
/// Non-negative, from big-endian octets.
[[nodiscard]] ByteBuffer integer(Bytes octets);
[[nodiscard]] ByteBuffer integer(std::uint64_t value);
[[nodiscard]] ByteBuffer boolean(bool value);
[[nodiscard]] ByteBuffer bit_string(Bytes octets, unsigned unused_bits = 0);
[[nodiscard]] ByteBuffer octet_string(Bytes octets);
[[nodiscard]] ByteBuffer text(std::uint8_t tag, std::string_view characters);
/// UTCTime until 2049, GeneralizedTime from 2050 on.
[[nodiscard]] ByteBuffer time(WallTime value);

}  // namespace sallyport::der
