#include "client/config/client_config.hpp"

#include "common/base/text.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxHostName = 253;

bool is_host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxHostName && text.front() != '.' && text.front() != '-' &&
         text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), is_host_character);
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::optional<HostAndPort> split(std::string_view text) {
  if (!text.starts_with('[')) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return HostAndPort{text, std::nullopt};
    return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
  }
  const auto end = text.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const auto rest = text.substr(end + 1);
  if (rest.empty()) return HostAndPort{text.substr(1, end - 1), std::nullopt};
  if (rest.front() != ':') return std::nullopt;
  return HostAndPort{text.substr(1, end - 1), rest.substr(1)};
}

}  // namespace

std::optional<GatewayEndpoint> GatewayEndpoint::parse(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  GatewayEndpoint endpoint{lower_ascii(parts->host), 443};
  const auto address = IpAddress::parse(endpoint.host);
  const bool is_v6 = address && !address->is_v4();
  if (is_v6 != text.starts_with('[')) return std::nullopt;
  if (!address && !is_host_name(endpoint.host)) return std::nullopt;
  if (!parts->port) return endpoint;
  const auto port = parse_decimal(*parts->port, 65535);
  if (!port || *port == 0) return std::nullopt;
  endpoint.port = static_cast<std::uint16_t>(*port);
  return endpoint;
}

std::string GatewayEndpoint::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

bool is_profile_name(std::string_view text) noexcept {
  constexpr std::size_t kMaxLength = 32;
  return !text.empty() && text.size() <= kMaxLength && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace sallyport
