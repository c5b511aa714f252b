#include "server/policy/destination.hpp"

#include "common/base/text.hpp"

#include <optional>

namespace sallyport {
namespace {

struct HostAndPort {
  IpAddress address;
  std::optional<std::uint16_t> port;
};

bool has_ports(std::uint8_t protocol) { return protocol == kProtocolTcp || protocol == kProtocolUdp; }

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text, 80) + '"'; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_decimal(text, 0xffff);
  if (!port) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

/// "10.0.0.1", "10.0.0.1:443", "fd00::1", "[fd00::1]", "[fd00::1]:443".
std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  if (!bracketed && (end == std::string_view::npos || text.find(':', end + 1) != std::string_view::npos)) {
    const auto address = IpAddress::parse(text);
    return address ? std::optional{HostAndPort{*address, std::nullopt}} : std::nullopt;
  }
  const auto address = IpAddress::parse(bracketed ? text.substr(1, end - 1) : text.substr(0, end));
  if (!address || address->is_v4() == bracketed) return std::nullopt;
  const auto rest = text.substr(bracketed ? end + 1 : end);
  if (rest.empty()) return HostAndPort{*address, std::nullopt};
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  return port ? std::optional{HostAndPort{*address, port}} : std::nullopt;
}

std::optional<std::uint8_t> parse_protocol(std::string_view name, const IpAddress& address) {
  if (name == "tcp") return kProtocolTcp;
  if (name == "udp") return kProtocolUdp;
  if (name == "icmp") return address.is_v4() ? kProtocolIcmp : kProtocolIcmpV6;
  const auto number = parse_decimal(name, 0xff);
  return number ? std::optional{static_cast<std::uint8_t>(*number)} : std::nullopt;
}

std::string example_with_port(const IpAddress& address) {
  return (address.is_v4() ? address.to_string() : '[' + address.to_string() + ']') + ":443/tcp";
}

}  // namespace

Result<Destination, std::string> Destination::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto host = parse_host_and_port(text.substr(0, slash));
  if (!host) {
    return fail(in_quotes(text) +
                " is no destination; write ADDRESS:PORT/PROTOCOL, as in 10.0.0.1:443/tcp or [fd00::1]:443");
  }
  const auto name = slash == std::string_view::npos ? std::string_view{"tcp"} : text.substr(slash + 1);
  const auto protocol = parse_protocol(name, host->address);
  if (!protocol) return fail("unknown protocol " + in_quotes(name) + "; write tcp, udp or icmp");
  if (has_ports(*protocol) && !host->port) {
    return fail(in_quotes(text) + " has no port; write, for example, " + example_with_port(host->address));
  }
  if (name == "icmp" && host->port) return fail(in_quotes(text) + " gives icmp a port; icmp has none");
  return Destination{host->address, *protocol, host->port.value_or(0)};
}

std::string to_string(const Destination& destination) {
  const bool v4 = destination.address.is_v4();
  const bool ported = has_ports(destination.protocol) || destination.port != 0;
  const bool icmp = destination.port == 0 && destination.protocol == (v4 ? kProtocolIcmp : kProtocolIcmpV6);
  std::string text = v4 ? destination.address.to_string() : '[' + destination.address.to_string() + ']';
  if (ported) text += ':' + std::to_string(destination.port);
  if (destination.protocol == kProtocolTcp) return text + "/tcp";
  if (destination.protocol == kProtocolUdp) return text + "/udp";
  return text + (icmp ? "/icmp" : '/' + std::to_string(destination.protocol));
}

}  // namespace sallyport
