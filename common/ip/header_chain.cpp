#include "common/ip/header_chain.hpp"

#include "common/ip/ip_header.hpp"
#include "common/ip/protocol.hpp"

#include <optional>

namespace sallyport {
namespace {

constexpr std::size_t kFragmentHeader = 8;
constexpr std::size_t kUnfragmented = 0;

constexpr unsigned kOptionEnd = 0;
constexpr unsigned kOptionNop = 1;
constexpr unsigned kLooseSourceRoute = 131;
constexpr unsigned kStrictSourceRoute = 137;
constexpr unsigned kJumboOption = 0xc2;
constexpr unsigned kHomeAddressOption = 0xc9;
constexpr unsigned kOptionPad1 = 0;

unsigned octet(Bytes bytes, std::size_t index) { return std::to_integer<unsigned>(bytes[index]); }

std::optional<PacketError> check_ipv4_options(Bytes options) {
  while (!options.empty()) {
    const unsigned type = octet(options, 0);
    if (type == kOptionEnd) return std::nullopt;
    if (type == kLooseSourceRoute || type == kStrictSourceRoute) return PacketError::SourceRoute;
    const std::size_t length = type == kOptionNop ? 1 : options.size() < 2 ? 0 : octet(options, 1);
    if (length > options.size() || length < (type == kOptionNop ? 1U : 2U)) return PacketError::BadOption;
    options = options.subspan(length);
  }
  return std::nullopt;
}

/// Of a hop-by-hop or destination options header, without its first two octets.
std::optional<PacketError> check_ipv6_options(Bytes options) {
  while (!options.empty()) {
    const unsigned type = octet(options, 0);
    if (type == kOptionPad1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options.size() - 2 < octet(options, 1)) return PacketError::BadOption;
    if (type == kJumboOption) return PacketError::BadOption;
    if (type == kHomeAddressOption) return PacketError::SourceRoute;
    options = options.subspan(2 + octet(options, 1));
  }
  return std::nullopt;
}

/// A routing header with nothing left to visit is inert; any other names a destination that policy did not see.
std::optional<PacketError> check_routing(Bytes header) {
  if (octet(header, 2) == 0) return PacketError::RoutingHeaderType0;
  if (octet(header, 3) != 0) return PacketError::SourceRoute;
  return std::nullopt;
}

/// Walks one header per step; `chain` says how far it has come.
class Ipv6Walk {
 public:
  Ipv6Walk(Bytes packet, HeaderChain& chain) : packet_{packet}, chain_{chain} {
    chain_.protocol = static_cast<std::uint8_t>(octet(packet, 6));
    chain_.transport = kIpv6Header;
    chain_.fragmentable = kUnfragmented;
  }

  std::optional<PacketError> run() {
    for (unsigned count = 0; ip_protocol::is_extension(chain_.protocol); ++count) {
      if (count == kMaxExtensionHeaders) return PacketError::TooManyExtensionHeaders;
      if (chain_.protocol == ip_protocol::kHopByHop && count != 0) return PacketError::BadExtensionHeader;
      if (const auto error = step()) return error;
      if (chain_.fragment.offset != 0) break;
    }
    if (chain_.fragmentable == kUnfragmented) chain_.fragmentable = chain_.transport;
    return std::nullopt;
  }

 private:
  std::optional<PacketError> step() {
    const Bytes rest = packet_.subspan(chain_.transport);
    if (rest.size() < kFragmentHeader) return cut_short();
    if (chain_.protocol == ip_protocol::kFragment) return step_fragment(rest);
    const std::size_t units = octet(rest, 1);
    const std::size_t size = chain_.protocol == ip_protocol::kAuthentication ? (units + 2) * 4 : (units + 1) * 8;
    if (size > rest.size()) return cut_short();
    if (const auto error = check(rest.first(size))) return error;
    advance(rest, size);
    return std::nullopt;
  }

  std::optional<PacketError> step_fragment(Bytes rest) {
    if (chain_.fragmentable != kUnfragmented) return PacketError::BadExtensionHeader;
    const unsigned field = load_be16(rest.subspan(2));
    chain_.fragment = Fragment{.id = load_be32(rest.subspan(4)), .offset = field & 0xfff8U, .more = (field & 1U) != 0};
    advance(rest, kFragmentHeader);
    chain_.fragmentable = chain_.transport;
    return std::nullopt;
  }

  std::optional<PacketError> check(Bytes header) const {
    if (chain_.protocol == ip_protocol::kRouting) return check_routing(header);
    if (chain_.protocol == ip_protocol::kAuthentication) return std::nullopt;
    return check_ipv6_options(header.subspan(2));
  }

  void advance(Bytes rest, std::size_t size) {
    chain_.protocol = static_cast<std::uint8_t>(octet(rest, 0));
    chain_.transport += static_cast<std::uint32_t>(size);
  }

  [[nodiscard]] PacketError cut_short() const {
    return chain_.fragment.more ? PacketError::TinyFragment : PacketError::Truncated;
  }

  Bytes packet_;
  HeaderChain& chain_;
};

}  // namespace

std::optional<PacketError> walk_ipv4_header(Bytes packet, HeaderChain& chain) noexcept {
  if (packet.size() < kIpv4Header) return PacketError::Truncated;
  const std::size_t header = (octet(packet, 0) & 0x0fU) * 4;
  if (header < kIpv4Header) return PacketError::BadHeaderLength;
  if (header > packet.size()) return PacketError::Truncated;
  if (const auto error = check_ipv4_options(packet.first(header).subspan(kIpv4Header))) return error;
  const unsigned field = load_be16(packet.subspan(6));
  chain.protocol = static_cast<std::uint8_t>(octet(packet, 9));
  chain.transport = chain.fragmentable = static_cast<std::uint32_t>(header);
  chain.fragment.id = load_be16(packet.subspan(4));
  chain.fragment.offset = (field & 0x1fffU) * 8;
  chain.fragment.more = (field & 0x2000U) != 0;
  return std::nullopt;
}

std::optional<PacketError> walk_ipv6_headers(Bytes packet, HeaderChain& chain) noexcept {
  if (packet.size() < kIpv6Header) return PacketError::Truncated;
  return Ipv6Walk{packet, chain}.run();
}

}  // namespace sallyport
