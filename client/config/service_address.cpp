#include "client/config/service_address.hpp"

#include "client/config/client_config.hpp"
#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

bool has_ports(std::string_view protocol) noexcept { return protocol == "tcp" || protocol == "udp"; }

bool is_protocol(std::string_view text) noexcept {
  return has_ports(text) || text == "icmp" || text == "icmpv6" || parse_decimal(text, 255);
}

std::string unbracketed(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return std::string{bracketed ? host.substr(1, host.size() - 2) : host};
}

/// A host alone, in the form that GatewayEndpoint has already proved for hosts with a port.
std::optional<std::string> parse_host(std::string_view text) {
  const auto bare = unbracketed(text);
  if (const auto address = IpAddress::parse(bare)) return address->to_string();
  const auto endpoint = GatewayEndpoint::parse(text);
  if (!endpoint || text.find(':') != std::string_view::npos) return std::nullopt;
  return endpoint->host;
}

/// An address as a browser shows it, as HOST:PORT; nullopt when it is none that has a usual port.
std::optional<std::string> place_in_url(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kUsualPorts{
      {{"https://", ":443"}, {"http://", ":80"}, {"ssh://", ":22"}}};
  for (const auto& [scheme, port] : kUsualPorts) {
    if (!lower_ascii(text.substr(0, scheme.size())).starts_with(scheme)) continue;
    std::string place{text.substr(scheme.size(), text.find_first_of("/?#", scheme.size()) - scheme.size())};
    place.erase(0, place.find('@') + 1);
    const bool names_port = place.rfind(':') != std::string::npos && !place.ends_with(']');
    return names_port ? place : place.append(port);
  }
  return std::nullopt;
}

}  // namespace

std::optional<ServiceAddress> ServiceAddress::parse(std::string_view text) {
  if (const auto place = place_in_url(text)) return parse(*place);
  ServiceAddress service;
  if (const auto slash = text.rfind('/'); slash != std::string_view::npos) {
    service.protocol = lower_ascii(text.substr(slash + 1));
    text = text.substr(0, slash);
  }
  if (!is_protocol(service.protocol)) return std::nullopt;
  if (!has_ports(service.protocol)) {
    const auto host = parse_host(text);
    if (!host) return std::nullopt;
    service.host = *host;
    return service;
  }
  const bool names_port = text.rfind(':') != std::string_view::npos && !text.ends_with(']');
  const auto endpoint = GatewayEndpoint::parse(text);
  if (!endpoint || !names_port) return std::nullopt;
  service.host = parse_host(endpoint->host).value_or(endpoint->host);
  service.port = endpoint->port;
  return service;
}

std::string ServiceAddress::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  const std::string shown = is_v6 ? '[' + host + ']' : host;
  return has_ports(protocol) ? shown + ':' + std::to_string(port) + '/' + protocol : shown + '/' + protocol;
}

}  // namespace sallyport
