#pragma once

#include "common/ip/checksum.hpp"
#include "common/ip/icmp_quote.hpp"
#include "common/ip/packet.hpp"
#include "common/ip/refusal.hpp"
#include "tests/support/naive_packet.hpp"

#include <array>
#include <string>
#include <vector>

namespace sallyport::test {

inline std::vector<unsigned> numbers(const IpAddress& address) {
  std::vector<unsigned> out;
  for (const std::byte each : address.octets()) out.push_back(std::to_integer<unsigned>(each));
  return out;
}

/// What the two parsers say differently about a packet both accept; empty: nothing.
inline std::string difference(const PacketView& ours, const NaivePacket& theirs) {
  if (ours.version() != theirs.version) return "version";
  if (ours.bytes().size() != theirs.total) return "total length";
  if (numbers(ours.source()) != theirs.source) return "source";
  if (numbers(ours.destination()) != theirs.destination) return "destination";
  if (ours.protocol() != theirs.protocol) return "protocol";
  if (ours.is_fragment() != theirs.fragmented || ours.is_later_fragment() != theirs.later) return "fragment";
  if (ours.is_fragment() && (ours.fragment().id != theirs.id || ours.fragment().offset != theirs.offset ||
                             ours.fragment().more != theirs.more)) {
    return "place of the fragment";
  }
  if (ours.has_transport() && ours.transport().size() != theirs.total - theirs.payload_at) return "transport";
  if (ours.source_port() != theirs.source_port || ours.destination_port() != theirs.destination_port) return "ports";
  if (ours.tcp_flags() != theirs.flags) return "TCP flags";
  if (ours.icmp_type() != theirs.icmp_type || ours.icmp_code() != theirs.icmp_code) return "ICMP type";
  return {};
}

inline bool has_good_checksum(const PacketView& packet) {
  InternetChecksum checksum;
  if (packet.protocol() != ip_protocol::kIcmp) {
    checksum.add_pseudo_header(packet.source(), packet.destination(), packet.protocol(), packet.transport().size());
  }
  checksum.add(packet.transport());
  return checksum.value() == 0;
}

/// What is wrong with the answers we give to `packet`; empty: nothing.
inline std::string fault_of_answers(const PacketView& packet) {
  for (const Refusal refusal : {Refusal::Prohibited, Refusal::SourceRefused, Refusal::NoRoute}) {
    std::array<std::byte, kMaxRefusalSize> buffer;
    const std::size_t size = write_refusal(packet, refusal, buffer);
    if ((size != 0) != is_answerable(packet)) return "answered what must not be, or not what must be";
    if (size == 0) continue;
    const auto answer = PacketView::parse(Bytes{buffer}.first(size));
    if (!answer || answer->bytes().size() != size) return "the answer does not parse";
    if (answer->source() != packet.destination() || answer->destination() != packet.source()) return "answer astray";
    if (!has_good_checksum(*answer)) return "checksum of the answer";
    if (is_answerable(*answer)) return "the answer could be answered";
    if (answer->is_icmp_error() && size > (packet.is_v4() ? 576U : 1280U)) return "the answer is too long";
  }
  return {};
}

/// Everything that must hold for any octets; empty: it does.
inline std::string fault_of(const std::uint8_t* data, std::size_t size) {
  const auto ours = PacketView::parse(std::as_bytes(std::span{data, size}));
  const auto theirs = naive_parse(data, size);
  if (ours.has_value() != theirs.has_value()) return ours ? "only we accept it" : "only we refuse it";
  if (!ours) return {};
  if (const auto found = difference(*ours, *theirs); !found.empty()) return found;
  if (IcmpQuote::parse(*ours) && !ours->is_icmp_error()) return "a quote without an ICMP error";
  return fault_of_answers(*ours);
}

}  // namespace sallyport::test
