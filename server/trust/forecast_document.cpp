#include "server/trust/forecast_document.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

template <class Names>
nlohmann::json list_of(const Names& names, std::size_t most) {
  auto list = nlohmann::json::array();
  for (const auto& name : names) {
    if (list.size() >= most) break;
    list.push_back(name.text());
  }
  return list;
}

}  // namespace

nlohmann::json ending_document(const Ending& ending, WallTime now, std::size_t most) {
  return {{"kind", name_of(ending.kind)},
          {"what", ending.what},
          {"authority", ending.authority.empty() ? nlohmann::json(nullptr) : nlohmann::json(ending.authority)},
          {"at", format_utc(ending.at)},
          {"in_seconds", (ending.at - now).count()},
          {"ended", ending.at < now},
          {"due", ending.is_due},
          {"locks_out",
           {{"devices", ending.devices.size()},
            {"people", ending.people.size()},
            {"device_names", list_of(ending.devices, most)},
            {"people_names", list_of(ending.people, most)}}},
          {"remedy", ending.remedy}};
}

}  // namespace sallyport
