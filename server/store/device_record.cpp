#include "server/store/device_record.hpp"

namespace sallyport {

std::string_view name_of(DeviceState state) noexcept {
  switch (state) {
    case DeviceState::Active:
      return "active";
    case DeviceState::Disabled:
      return "disabled";
    case DeviceState::Revoked:
      return "revoked";
  }
  return "unknown";
}

std::optional<DeviceState> parse_device_state(std::string_view name) noexcept {
  for (const auto state : {DeviceState::Active, DeviceState::Disabled, DeviceState::Revoked}) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

std::string_view name_of(CertificateKind kind) noexcept {
  return kind == CertificateKind::Gateway ? "gateway" : "device";
}

}  // namespace sallyport
