#include "common/pki/der.hpp"

#include <algorithm>

namespace sallyport::der {
namespace {

/// Consumes the length octets at the front of `rest`.
std::optional<std::size_t> read_length(Bytes& rest) noexcept {
  if (rest.empty()) return std::nullopt;
  const auto first = std::to_integer<unsigned>(rest[0]);
  rest = rest.subspan(1);
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7fU;
  if (count == 0 || count > 4 || count > rest.size()) return std::nullopt;
  std::size_t length = 0;
  for (const std::byte octet : rest.first(count)) length = (length << 8U) | std::to_integer<std::size_t>(octet);
  const bool is_minimal = rest[0] != std::byte{0} && (count > 1 || length >= 0x80);
  if (!is_minimal) return std::nullopt;
  rest = rest.subspan(count);
  return length;
}

std::optional<unsigned> decimal(std::string_view digits) noexcept {
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<WallTime> civil(unsigned year, std::string_view rest) noexcept {
  if (rest.size() != 11 || rest.back() != 'Z') return std::nullopt;
  const auto month = decimal(rest.substr(0, 2)), day = decimal(rest.substr(2, 2)), hour = decimal(rest.substr(4, 2)),
             minute = decimal(rest.substr(6, 2)), second = decimal(rest.substr(8, 2));
  if (!month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

}  // namespace

std::optional<Element> Reader::next() noexcept {
  if (rest_.empty()) return std::nullopt;
  const auto tag = std::to_integer<std::uint8_t>(rest_[0]);
  if ((tag & 0x1fU) == 0x1fU) return std::nullopt;
  Bytes after = rest_.subspan(1);
  const auto length = read_length(after);
  if (!length || *length > after.size()) return std::nullopt;
  const std::size_t header = rest_.size() - after.size();
  const Element element{tag, after.first(*length), rest_.first(header + *length)};
  rest_ = after.subspan(*length);
  return element;
}

std::optional<Element> Reader::next(std::uint8_t tag) noexcept { return peek() == tag ? next() : std::nullopt; }

std::optional<Element> only(Bytes bytes, std::uint8_t tag) noexcept {
  Reader reader{bytes};
  const auto element = reader.next(tag);
  return element && reader.empty() ? element : std::nullopt;
}

std::size_t missing(Bytes bytes) noexcept {
  if (bytes.size() < 2) return 1;
  const auto first = std::to_integer<unsigned>(bytes[1]);
  const std::size_t count = first < 0x80 ? 0 : first & 0x7fU;
  if (count > 4) return 0;
  if (count > bytes.size() - 2) return 1;
  Bytes rest = bytes.subspan(1);
  const auto length = read_length(rest);
  return length && *length > rest.size() ? *length - rest.size() : 0;
}

std::optional<Bytes> unsigned_integer(Bytes content) noexcept {
  if (content.empty() || std::to_integer<unsigned>(content[0]) >= 0x80) return std::nullopt;
  if (content.size() == 1 || content[0] != std::byte{0}) return content;
  if (std::to_integer<unsigned>(content[1]) < 0x80) return std::nullopt;
  return content.subspan(1);
}

std::optional<std::uint64_t> small_integer(Bytes content) noexcept {
  const auto octets = unsigned_integer(content);
  if (!octets || octets->size() > 8) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::byte octet : *octets) value = (value << 8U) | std::to_integer<std::uint64_t>(octet);
  return value;
}

std::optional<Bytes> octets_of_bit_string(Bytes content) noexcept {
  if (content.empty() || content[0] != std::byte{0}) return std::nullopt;
  return content.subspan(1);
}

std::optional<bool> boolean(Bytes content) noexcept {
  if (content.size() != 1) return std::nullopt;
  if (content[0] == std::byte{0xff}) return true;
  if (content[0] == std::byte{0}) return false;
  return std::nullopt;
}

std::optional<WallTime> time(const Element& element) noexcept {
  const std::string_view digits = as_text(element.content);
  if (element.tag == UtcTime && digits.size() == 13) {
    const auto year = decimal(digits.substr(0, 2));
    return year ? civil(*year < 50 ? 2000 + *year : 1900 + *year, digits.substr(2)) : std::nullopt;
  }
  if (element.tag == GeneralizedTime && digits.size() == 15) {
    const auto year = decimal(digits.substr(0, 4));
    return year ? civil(*year, digits.substr(4)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace sallyport::der
