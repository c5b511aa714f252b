#include "client/cli/login_need.hpp"

#include "common/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sallyport {

using nlohmann::json;

WaitingPlaces waiting_in(const json& status) {
  WaitingPlaces waiting;
  const auto proof = status.value("proof", json::object());
  if (!proof.is_object()) return waiting;
  for (const auto& name : proof.value("waiting", json::array())) {
    if (name.is_string()) waiting.names.push_back(name.get<std::string>());
  }
  const auto left_off = proof.value("left_off", json{});
  if (left_off.is_number_unsigned()) waiting.left_off = left_off.get<std::uint64_t>();
  return waiting;
}

std::optional<std::string> likely_place(const WaitingPlaces& waiting, const std::string& name) {
  const std::vector<std::string_view> names{waiting.names.begin(), waiting.names.end()};
  const auto meant = closest_match(name, names);
  return meant ? std::optional{std::string{*meant}} : std::nullopt;
}

NameNeed need_of(const WaitingPlaces& waiting, const std::string& name, bool renew) {
  const bool waits = std::find(waiting.names.begin(), waiting.names.end(), name) != waiting.names.end();
  if (waits || renew || waiting.left_off != 0) return NameNeed::Ask;
  return likely_place(waiting, name) ? NameNeed::Misspelt : NameNeed::NotWaiting;
}

}  // namespace sallyport
