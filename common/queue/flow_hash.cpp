#include "common/queue/flow_hash.hpp"

#include <algorithm>
#include <bit>
#include <random>

namespace sallyport {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

std::uint64_t load_le(Bytes bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return word;
}

}  // namespace

FlowHashKey random_flow_key() {
  std::random_device random;
  const auto word = [&random] { return std::uint64_t{random()} << 32U | random(); };
  return {word(), word()};
}

std::uint64_t keyed_hash(Bytes bytes, const FlowHashKey& key) noexcept {
  SipState state{key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU, key[0] ^ 0x6c7967656e657261U,
                 key[1] ^ 0x7465646279746573U};
  const std::uint64_t last = std::uint64_t{bytes.size()} << 56U;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) state.take(load_le(bytes.first(8)));
  state.take(last | load_le(bytes));
  state.v2 ^= 0xffU;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

namespace {

constexpr std::size_t kAddresses = 32;
/// Addresses, protocol, ports.
using Tuple = std::array<std::byte, kAddresses + 5>;

/// Returns how much of `tuple` counts.
std::size_t fill(Tuple& tuple, const PacketView& packet) noexcept {
  const std::size_t size = packet.is_v4() ? 8 : kAddresses;
  const Bytes addresses = packet.bytes().subspan(packet.is_v4() ? 12 : 8, size);
  std::copy(addresses.begin(), addresses.end(), tuple.begin());
  tuple[size] = static_cast<std::byte>(packet.protocol());
  if (!packet.is_fragment()) {
    const MutableBytes ports = MutableBytes{tuple}.subspan(size + 1);
    store_be16(ports, packet.is_icmp() ? packet.echo_id() : packet.source_port());
    store_be16(ports.subspan(2), packet.destination_port());
  }
  return size + 5;
}

}  // namespace

std::uint64_t flow_hash(const PacketView& packet, const FlowHashKey& key) noexcept {
  Tuple tuple{};
  const std::size_t size = fill(tuple, packet);
  return keyed_hash(Bytes{tuple}.first(size), key);
}

std::uint64_t reverse_flow_hash(const PacketView& packet, const FlowHashKey& key) noexcept {
  Tuple tuple{};
  const std::size_t size = fill(tuple, packet);
  const auto first = tuple.begin();
  const auto ports = first + static_cast<std::ptrdiff_t>(size - 4);
  std::swap_ranges(first, first + static_cast<std::ptrdiff_t>(size - 5) / 2,
                   first + static_cast<std::ptrdiff_t>(size - 5) / 2);
  // The number of an echo is the same both ways.
  if (!packet.is_icmp()) std::swap_ranges(ports, ports + 2, ports + 2);
  return keyed_hash(Bytes{tuple}.first(size), key);
}

}  // namespace sallyport
