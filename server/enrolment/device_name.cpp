#include "server/enrolment/device_name.hpp"

#include "common/base/bytes.hpp"
#include "common/pki/random.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::size_t kMaxDerived = 48;
constexpr unsigned kDigits = 6;

}  // namespace

std::string device_name_from(const UserId& user) {
  const auto& text = user.text();
  std::string name;
  for (const char c : text.substr(0, std::min(text.find('@'), kMaxDerived))) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    name += fits ? lower : '-';
  }
  return name;
}

Result<DeviceId, PkiError> random_device_name(const UserId& user) {
  std::array<std::byte, kDigits> octets{};
  if (auto filled = fill_random(octets); !filled) return fail(filled.error());
  std::string name = device_name_from(user) + '-';
  for (const auto octet : octets) name += static_cast<char>('0' + std::to_integer<unsigned>(octet) % 10U);
  return DeviceId{std::move(name)};
}

}  // namespace sallyport
