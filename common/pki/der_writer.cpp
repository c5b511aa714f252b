#include "common/pki/der.hpp"

#include <fmt/format.h>

#include <array>

namespace sallyport::der {

ByteBuffer wrap(std::uint8_t tag, Bytes content) {
  ByteBuffer out{std::byte{tag}};
  const std::size_t length = content.size();
  if (length < 0x80) {
    out.push_back(static_cast<std::byte>(length));
  } else {
    unsigned count = 0;
    while (count < sizeof length && (length >> (8 * count)) != 0) ++count;
    out.push_back(static_cast<std::byte>(0x80U | count));
    while (count-- > 0) out.push_back(static_cast<std::byte>((length >> (8 * count)) & 0xffU));
  }
  append(out, content);
  return out;
}

ByteBuffer concat(std::initializer_list<Bytes> parts) {
  ByteBuffer out;
  for (const Bytes part : parts) append(out, part);
  return out;
}

ByteBuffer sequence(std::initializer_list<Bytes> parts) { return wrap(Sequence, concat(parts)); }

ByteBuffer oid(std::string_view encoded) { return wrap(Oid, as_bytes(encoded)); }

ByteBuffer integer(Bytes octets) {
  while (octets.size() > 1 && octets[0] == std::byte{0}) octets = octets.subspan(1);
  ByteBuffer content;
  if (octets.empty() || std::to_integer<unsigned>(octets[0]) >= 0x80) content.push_back(std::byte{0});
  append(content, octets);
  return wrap(Integer, content);
}

ByteBuffer integer(std::uint64_t value) {
  std::array<std::byte, 8> octets;
  store_be32(octets, static_cast<std::uint32_t>(value >> 32U));
  store_be32(MutableBytes{octets}.subspan(4), static_cast<std::uint32_t>(value & 0xffffffffU));
  return integer(Bytes{octets});
}

ByteBuffer boolean(bool value) {
  const std::array content{value ? std::byte{0xff} : std::byte{0}};
  return wrap(Boolean, content);
}

ByteBuffer bit_string(Bytes octets, unsigned unused_bits) {
  ByteBuffer content{static_cast<std::byte>(unused_bits)};
  append(content, octets);
  return wrap(BitString, content);
}

ByteBuffer octet_string(Bytes octets) { return wrap(OctetString, octets); }

ByteBuffer text(std::uint8_t tag, std::string_view characters) { return wrap(tag, as_bytes(characters)); }

ByteBuffer time(WallTime value) {
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{value - day};
  const int year = static_cast<int>(date.year());
  const std::string rest =
      fmt::format("{:02}{:02}{:02}{:02}{:02}Z", static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  const bool is_short = year >= 1950 && year < 2050;
  return is_short ? text(UtcTime, fmt::format("{:02}", year % 100) + rest)
                  : text(GeneralizedTime, fmt::format("{:04}", year) + rest);
}

}  // namespace sallyport::der
