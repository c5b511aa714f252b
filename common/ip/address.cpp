#include "common/ip/address.hpp"

#include "common/base/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace sallyport {
namespace {

constexpr std::byte kMappedPrefix[12] = {std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                         std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                         std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

bool all_zero(Bytes octets) {
  return std::all_of(octets.begin(), octets.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// The address with bits from `length` on set to `fill`.
IpAddress with_host_bits(const IpAddress& address, unsigned length, bool fill) {
  std::array<std::byte, 16> octets{};
  const Bytes source = address.octets();
  std::copy(source.begin(), source.end(), octets.begin());
  for (unsigned bit = length; bit < address.bit_width(); ++bit) {
    const auto mask = static_cast<std::byte>(0x80U >> (bit % 8));
    if (fill)
      octets[bit / 8] |= mask;
    else
      octets[bit / 8] &= ~mask;
  }
  return IpAddress::from_octets(Bytes{octets}.first(source.size()));
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) noexcept {
  std::array<std::byte, 4> octets{};
  store_be32(octets, host_order);
  return from_octets(octets);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof terminated) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated);
  std::array<std::byte, 16> octets{};
  if (::inet_pton(AF_INET, terminated, octets.data()) == 1) return from_octets(Bytes{octets}.first(4));
  if (::inet_pton(AF_INET6, terminated, octets.data()) != 1) return std::nullopt;
  if (std::memcmp(octets.data(), kMappedPrefix, sizeof kMappedPrefix) == 0) return std::nullopt;
  return from_octets(octets);
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), text, sizeof text);
  return text;
}

bool IpAddress::is_unspecified() const noexcept { return all_zero(octets()); }

bool IpAddress::is_loopback() const noexcept {
  if (is_v4()) return octet(0) == 127;
  return all_zero(octets().first(15)) && octet(15) == 1;
}

bool IpAddress::is_martian() const noexcept {
  if (is_v4()) return octet(0) == 0 || octet(0) == 127 || octet(0) >= 224;
  return is_unspecified() || is_loopback() || is_multicast();
}

std::optional<IpAddress> IpAddress::next() const noexcept {
  IpAddress result = *this;
  for (std::size_t i = octets().size(); i-- > 0;) {
    result.octets_[i] = static_cast<std::byte>(std::to_integer<unsigned>(result.octets_[i]) + 1U);
    if (result.octets_[i] != std::byte{0}) return result;
  }
  return std::nullopt;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return host(*address);
  const auto length = parse_decimal(text.substr(slash + 1), address->bit_width());
  if (!length) return std::nullopt;
  return make(*address, *length);
}

std::optional<IpPrefix> IpPrefix::make(const IpAddress& network, unsigned length) noexcept {
  if (length > network.bit_width()) return std::nullopt;
  if (with_host_bits(network, length, false) != network) return std::nullopt;
  return IpPrefix{network, length};
}

IpPrefix IpPrefix::host(const IpAddress& address) noexcept { return IpPrefix{address, address.bit_width()}; }

IpPrefix IpPrefix::around(const IpAddress& address, unsigned length) noexcept {
  return IpPrefix{with_host_bits(address, length, false), length};
}

IpAddress IpPrefix::last() const noexcept { return with_host_bits(network_, length_, true); }

bool IpPrefix::contains(const IpAddress& address) const noexcept {
  if (address.version() != network_.version()) return false;
  const Bytes ours = network_.octets();
  const Bytes theirs = address.octets();
  const std::size_t whole = length_ / 8;
  if (std::memcmp(ours.data(), theirs.data(), whole) != 0) return false;
  if (length_ % 8 == 0) return true;
  const auto mask = static_cast<std::byte>(0xff00U >> (length_ % 8));
  return (ours[whole] & mask) == (theirs[whole] & mask);
}

bool IpPrefix::contains(const IpPrefix& other) const noexcept {
  return other.length_ >= length_ && contains(other.network_);
}

bool IpPrefix::overlaps(const IpPrefix& other) const noexcept { return contains(other) || other.contains(*this); }

std::string IpPrefix::to_string() const { return network_.to_string() + '/' + std::to_string(length_); }

}  // namespace sallyport
