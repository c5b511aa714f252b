#include "common/ipc/diagnostics_document.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {

nlohmann::json diagnostics_document(const Diagnostics& diagnostics) {
  auto list = nlohmann::json::array();
  for (const auto& each : diagnostics) {
    list.push_back({{"file", each.file},
                    {"line", each.line},
                    {"column", each.column},
                    {"message", each.message},
                    {"hint", each.hint}});
  }
  return list;
}

}  // namespace sallyport
