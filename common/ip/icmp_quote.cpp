#include "common/ip/icmp_quote.hpp"

#include "common/ip/header_chain.hpp"
#include "common/ip/header_fields.hpp"

namespace sallyport {
namespace {

constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kQuotedTransport = 8;

/// False for ICMP that never begins an exchange of its own: errors must not be about those.
bool fill_icmp(IcmpQuote& quote, Bytes transport, bool v4) {
  const auto type = std::to_integer<unsigned>(transport[0]);
  quote.is_echo_request = type == (v4 ? 8 : 128);
  quote.is_echo_reply = type == (v4 ? 0 : 129);
  quote.echo_id = load_be16(transport.subspan(4));
  return quote.is_echo_request || quote.is_echo_reply;
}

bool fill_transport(IcmpQuote& quote, Bytes transport, unsigned version) {
  if (transport.size() < kQuotedTransport) return false;
  if (quote.protocol == PacketView::icmp_of(version)) return fill_icmp(quote, transport, version == 4);
  if (quote.protocol != ip_protocol::kTcp && quote.protocol != ip_protocol::kUdp) return true;
  quote.source_port = load_be16(transport);
  quote.destination_port = load_be16(transport.subspan(2));
  return true;
}

}  // namespace

std::optional<IcmpQuote> IcmpQuote::parse(const PacketView& error) noexcept {
  if (!error.is_icmp_error() || error.is_fragment()) return std::nullopt;
  const Bytes quoted = error.transport().subspan(kIcmpHeader);
  const auto source = source_field(quoted);
  const auto destination = destination_field(quoted);
  if (!source || !destination || source->version() != error.version()) return std::nullopt;
  HeaderChain chain;
  const auto fault = error.is_v4() ? walk_ipv4_header(quoted, chain) : walk_ipv6_headers(quoted, chain);
  if (fault || chain.fragment.offset != 0) return std::nullopt;
  IcmpQuote quote{.source = *source, .destination = *destination, .protocol = chain.protocol};
  if (!fill_transport(quote, quoted.subspan(chain.transport), error.version())) return std::nullopt;
  return quote;
}

}  // namespace sallyport
