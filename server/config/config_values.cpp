#include "server/config/config_values.hpp"

#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"
#include "server/policy/age_limit.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxPath = 4000;
constexpr std::size_t kMaxInterfaceName = 15;

std::string hint_for_endpoint(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) {
    return "did you mean \"" + Endpoint{*address, 443}.to_string() + "\"?";
  }
  return "examples: \"[::]:443\" (everywhere), \"192.0.2.1:443\", \"[2001:db8::1]:443\"";
}

bool is_interface_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxInterfaceName && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

}  // namespace

std::string read_host_name(ConfigReader& reader, KeyPath key) {
  const auto text = reader.text(key);
  if (!text) return {};
  auto name = lower_ascii(text->value);
  if (is_host_name(name) && !IpAddress::parse(name)) return name;
  reader.complain(text->place, in_quotes(text->value) + " is not a host name", "example: \"vpn.example.com\"");
  return {};
}

std::vector<Endpoint> read_endpoints(ConfigReader& reader, KeyPath key) {
  std::vector<Endpoint> endpoints;
  for (const auto& text : reader.texts(key)) {
    const auto endpoint = Endpoint::parse(text.value);
    if (!endpoint) {
      reader.complain(text.place, in_quotes(text.value) + " is not ADDRESS:PORT", hint_for_endpoint(text.value));
    } else if (std::find(endpoints.begin(), endpoints.end(), *endpoint) != endpoints.end()) {
      reader.complain(text.place, endpoint->to_string() + " is listed twice");
    } else {
      endpoints.push_back(*endpoint);
    }
  }
  return endpoints;
}

bool is_absolute_path(std::string_view text) noexcept {
  return text.starts_with('/') && text.size() <= kMaxPath && text.find('\0') == std::string_view::npos;
}

std::string read_path(ConfigReader& reader, KeyPath key, std::string fallback) {
  const auto text = reader.text(key);
  if (!text) return fallback;
  std::string path = text->value;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (is_absolute_path(path)) return path;
  reader.complain(text->place, std::string{key.name} + " must be an absolute path", "start it with \"/\"");
  return fallback;
}

std::optional<std::string> read_interface(ConfigReader& reader, KeyPath key) {
  const auto text = reader.text(key);
  if (!text) return std::nullopt;
  if (is_interface_name(text->value)) return text->value;
  reader.complain(text->place, in_quotes(text->value) + " cannot name an interface",
                  "at most 15 letters, digits, '-', '_' and '.'");
  return std::nullopt;
}

std::chrono::seconds read_duration(ConfigReader& reader, KeyPath key, std::chrono::seconds fallback) {
  const auto text = reader.text(key);
  if (!text) return fallback;
  const auto duration = parse_age(text->value);
  if (duration) return *duration;
  reader.complain(text->place, std::string{key.name} + ": " + duration.error());
  return fallback;
}

std::optional<std::chrono::seconds> read_limit(ConfigReader& reader, KeyPath key, std::chrono::seconds least,
                                               std::optional<std::chrono::seconds> fallback) {
  const auto text = reader.text(key);
  if (!text) return fallback;
  if (text->value == "none") return std::nullopt;
  const auto limit = parse_age(text->value);
  if (limit && *limit >= least) return *limit;
  reader.complain(text->place, std::string{key.name} + ": " + (limit ? "too short" : limit.error()),
                  "at least \"" + age_to_text(least) + "\", or \"none\" for no limit");
  return fallback;
}

}  // namespace sallyport
