#include "server/gateway/outlook.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kNamed = 10;

std::string words_of(const Ending& ending, WallTime now) {
  const char* verb = ending.at < now ? "ended" : "ends";
  const auto whom = ending.devices.empty()
                        ? std::string{"it locks out nobody who is known"}
                        : fmt::format("it locks out {}: {}", ending.devices.size(), names_of(ending.devices, kNamed));
  return fmt::format("{} {} on {}; {}; to do: {}", ending.what, verb, format_utc(ending.at), whom, ending.remedy);
}

}  // namespace

std::vector<Outlook::Warning> Outlook::warnings() const {
  std::vector<Warning> warnings;
  Ending devices{.kind = EndingKind::Device, .at = kNever, .what = {}, .authority = {}, .remedy = {}};
  for (const auto& ending : endings_) {
    if (!ending.is_due) continue;
    if (ending.kind != EndingKind::Device) {
      warnings.push_back({ending.at, words_of(ending, at_)});
      continue;
    }
    devices.at = std::min(devices.at, ending.at);
    devices.devices.insert(devices.devices.end(), ending.devices.begin(), ending.devices.end());
  }
  if (devices.devices.empty()) return warnings;
  warnings.push_back({devices.at, fmt::format("{} device certificate{} ended or will within days, the first on {}: {}; "
                                              "to do: sallyportctl pki forecast",
                                              devices.devices.size(), devices.devices.size() == 1 ? "" : "s",
                                              format_utc(devices.at), names_of(devices.devices, kNamed))});
  return warnings;
}

}  // namespace sallyport
