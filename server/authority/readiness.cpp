#include "server/authority/readiness.hpp"

#include <array>

namespace sallyport {
namespace {

struct Row {
  std::string_view name;
  std::string_view words;
};

constexpr std::array<Row, 6> kRows{
    Row{"ready", "nothing"},
    Row{"authority", "the new authority: let it connect once"},
    Row{"certificate", "a certificate of the new authority: it renews while it is connected"},
    Row{"first_connection", "a first connection with its new certificate"},
    Row{"expired", "everything: its certificate has ended, it must enrol again"},
    Row{"not_active", "nothing: it is not active"},
};

}  // namespace

std::string_view name_of(Readiness readiness) noexcept { return kRows[static_cast<std::size_t>(readiness)].name; }

std::string_view describe(Readiness readiness) noexcept { return kRows[static_cast<std::size_t>(readiness)].words; }

Readiness readiness_of(const DeviceRecord& device, const std::optional<HeldAuthorities>& held, std::string_view issuer,
                       std::string_view next, std::chrono::seconds grace, WallTime now) {
  if (device.state != DeviceState::Active || device.user_disabled) return Readiness::NotActive;
  const bool is_foreign = !device.authority.empty();
  if (!is_foreign && device.not_after + grace < now) return Readiness::Expired;
  if (!held || !held->has(next)) return Readiness::HasNotTheAuthority;
  if (is_foreign) return Readiness::Ready;
  if (issuer != next) return Readiness::OldCertificate;
  return device.previous_serial.empty() ? Readiness::Ready : Readiness::NotSeenWithTheNew;
}

}  // namespace sallyport
