#pragma once

#include "common/base/bytes.hpp"

#include <array>
#include <cassert>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 text is refused: one address has one form here.
class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() = default;

  /// `octets` is 4 or 16 long.
  [[nodiscard]] static IpAddress from_octets(Bytes octets) noexcept {
    assert(octets.size() == 4 || octets.size() == 16);
    IpAddress address;
    if (octets.size() == 4) {
      std::memcpy(address.octets_.data(), octets.data(), 4);
    } else {
      address.version_ = 6;
      std::memcpy(address.octets_.data(), octets.data(), 16);
    }
    return address;
  }
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order) noexcept;
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const noexcept { return version_ == 4; }
  [[nodiscard]] unsigned version() const noexcept { return version_; }
  /// 32 or 128.
  [[nodiscard]] unsigned bit_width() const noexcept { return is_v4() ? 32 : 128; }
  /// 4 or 16 octets, network order, borrowed from this.
  [[nodiscard]] Bytes octets() const noexcept { return Bytes{octets_}.first(is_v4() ? 4 : 16); }
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] bool is_unspecified() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;     ///< 127/8, ::1
  [[nodiscard]] bool is_link_local() const noexcept {  ///< 169.254/16, fe80::/10
    return is_v4() ? octet(0) == 169 && octet(1) == 254 : octet(0) == 0xfe && (octet(1) & 0xc0U) == 0x80;
  }
  [[nodiscard]] bool is_multicast() const noexcept {  ///< 224/4, ff00::/8
    return is_v4() ? (octet(0) & 0xf0U) == 0xe0 : octet(0) == 0xff;
  }
  [[nodiscard]] bool is_martian() const noexcept;  ///< never a legitimate source: 0/8, 127/8, 224/3, ::, ::1, ff00::/8

  /// The address one above; nullopt after the last of its family.
  [[nodiscard]] std::optional<IpAddress> next() const noexcept;

  /// Orders every IPv4 address before every IPv6 address, then by value.
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  /// Two loads: the default would walk the octets, and packets are compared by address all the time.
  friend bool operator==(const IpAddress& a, const IpAddress& b) noexcept {
    if (a.version_ != b.version_) return false;
    return a.is_v4() ? std::memcmp(a.octets_.data(), b.octets_.data(), 4) == 0
                     : std::memcmp(a.octets_.data(), b.octets_.data(), 16) == 0;
  }

 private:
  [[nodiscard]] unsigned octet(std::size_t index) const noexcept { return std::to_integer<unsigned>(octets_[index]); }

  std::uint8_t version_ = 4;
  std::array<std::byte, 16> octets_{};
};

/// A prefix in canonical form: host bits are zero.
class IpPrefix {
 public:
  /// Canonical text only: "10.0.0.0/8", "fd00::/8". A bare address is a host prefix.
  [[nodiscard]] static std::optional<IpPrefix> parse(std::string_view text);
  /// Nullopt when `length` is out of range or host bits are set.
  [[nodiscard]] static std::optional<IpPrefix> make(const IpAddress& network, unsigned length) noexcept;
  [[nodiscard]] static IpPrefix host(const IpAddress& address) noexcept;
  /// The prefix of `length` that holds `address`; host bits are cleared. Requires length <= bit_width.
  [[nodiscard]] static IpPrefix around(const IpAddress& address, unsigned length) noexcept;

  [[nodiscard]] const IpAddress& network() const noexcept { return network_; }
  [[nodiscard]] unsigned length() const noexcept { return length_; }
  [[nodiscard]] const IpAddress& first() const noexcept { return network_; }
  [[nodiscard]] IpAddress last() const noexcept;
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool contains(const IpPrefix& other) const noexcept;
  [[nodiscard]] bool overlaps(const IpPrefix& other) const noexcept;
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;

 private:
  IpPrefix(const IpAddress& network, unsigned length) noexcept : network_{network}, length_{length} {}
  IpAddress network_;
  unsigned length_;
};

/// All addresses from `first` to `last`, both of one family, first <= last.
struct IpRange {
  IpAddress first;
  IpAddress last;
  friend auto operator<=>(const IpRange&, const IpRange&) = default;
};

}  // namespace sallyport

template <>
struct std::hash<sallyport::IpAddress> {
  std::size_t operator()(const sallyport::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(sallyport::as_text(address.octets()));
  }
};
