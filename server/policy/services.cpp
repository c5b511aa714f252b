#include "server/policy/services.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace sallyport {
namespace {

constexpr unsigned kMaxPort = 0xffff;

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text, 64) + '"'; }

std::optional<std::uint8_t> protocol_number(std::string_view name) {
  if (name == "tcp") return kProtocolTcp;
  if (name == "udp") return kProtocolUdp;
  return std::nullopt;
}

ServiceError protocol_missing(std::string_view text) {
  if (parse_decimal(text.substr(0, text.find('-')), kMaxPort)) {
    return {"port " + in_quotes(text) + " has no protocol",
            fmt::format("write \"{}/tcp\"", escape_untrusted(text, 64))};
  }
  constexpr std::array<std::string_view, 2> kWords{"any", "icmp"};
  const auto near = closest_match(text, kWords);
  return {"cannot read port " + in_quotes(text),
          near ? fmt::format("did you mean \"{}\"?", *near) : R"(write "443/tcp", "8000-8100/tcp", "icmp" or "any")"};
}

ServiceError unknown_protocol(std::string_view text, std::string_view name) {
  if (name == "icmp") return {in_quotes(text) + " gives icmp a port", R"(icmp has no ports; write "icmp")"};
  constexpr std::array<std::string_view, 2> kNames{"tcp", "udp"};
  const auto near = closest_match(name, kNames);
  return {"unknown protocol " + in_quotes(name),
          near ? fmt::format("did you mean \"{}\"?", *near) : R"(the protocols with ports are "tcp" and "udp")"};
}

}  // namespace

ServiceKey service_key(const Destination& destination) noexcept {
  std::uint8_t protocol = destination.protocol;
  if (!destination.address.is_v4()) {
    if (protocol == kProtocolIcmpV6)
      protocol = kProtocolIcmp;
    else if (protocol == kProtocolIcmp)
      protocol = kProtocolIcmpV6;
  }
  return make_service_key(protocol, destination.port);
}

Result<ServiceRange, ServiceError> parse_service(std::string_view text) {
  if (text == "any") return kAnyService;
  if (text == "icmp") {
    return ServiceRange{make_service_key(kProtocolIcmp, 0), make_service_key(kProtocolIcmp, kMaxPort)};
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return fail(protocol_missing(text));
  const auto protocol = protocol_number(text.substr(slash + 1));
  if (!protocol) return fail(unknown_protocol(text, text.substr(slash + 1)));
  const auto ports = text.substr(0, slash);
  const auto dash = ports.find('-');
  const auto first = parse_decimal(ports.substr(0, dash), kMaxPort);
  const auto last = dash == std::string_view::npos ? first : parse_decimal(ports.substr(dash + 1), kMaxPort);
  if (!first || !last) {
    return fail(ServiceError{"cannot read port " + in_quotes(text), "ports are numbers from 0 to 65535: \"443/tcp\""});
  }
  if (*first > *last) {
    return fail(ServiceError{"port range " + in_quotes(text) + " runs backwards",
                             fmt::format("write \"{}-{}/{}\"", *last, *first, text.substr(slash + 1))});
  }
  return ServiceRange{make_service_key(*protocol, static_cast<std::uint16_t>(*first)),
                      make_service_key(*protocol, static_cast<std::uint16_t>(*last))};
}

std::string to_string(const ServiceRange& range) {
  if (range == kAnyService) return "any";
  const unsigned protocol = range.first >> 16U;
  if (protocol == kProtocolIcmp) return "icmp";
  const std::string name = protocol == kProtocolTcp   ? "tcp"
                           : protocol == kProtocolUdp ? "udp"
                                                      : std::to_string(protocol);
  const unsigned first = range.first & kMaxPort;
  const unsigned last = range.last & kMaxPort;
  return first == last ? fmt::format("{}/{}", first, name) : fmt::format("{}-{}/{}", first, last, name);
}

}  // namespace sallyport
