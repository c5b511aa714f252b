#include "common/pki/identity_name.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::string_view kDevicePath = "/device/";
constexpr std::string_view kAtomExtra = "!#$%&'*+/=?^_`{|}~";

bool is_id_character(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool is_label(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), is_id_character);
}

bool is_atom(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_id_character(c) || kAtomExtra.find(c) != std::string_view::npos;
  });
}

template <class Predicate>
bool all_parts(std::string_view text, Predicate is_part) noexcept {
  while (true) {
    const auto dot = text.find('.');
    if (!is_part(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_device_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), is_id_character);
}

bool is_host_name(std::string_view text) noexcept { return text.size() <= 253 && all_parts(text, is_label); }

bool is_user_id(std::string_view text) noexcept {
  const auto at = text.find('@');
  if (at == std::string_view::npos || text.size() > 254) return false;
  return all_parts(text.substr(0, at), is_atom) && is_host_name(text.substr(at + 1));
}

std::optional<DeviceUri> DeviceUri::parse(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const auto slash = uri.find('/');
  if (slash == std::string_view::npos || !uri.substr(slash).starts_with(kDevicePath)) return std::nullopt;
  const std::string_view domain = uri.substr(0, slash);
  const std::string_view device = uri.substr(slash + kDevicePath.size());
  if (!is_trust_domain(domain) || !is_device_id(device)) return std::nullopt;
  return DeviceUri{std::string{domain}, DeviceId{std::string{device}}};
}

std::string DeviceUri::to_string() const {
  return std::string{kScheme} + trust_domain + std::string{kDevicePath} + device.text();
}

}  // namespace sallyport
