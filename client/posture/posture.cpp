#include "client/posture/posture.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using nlohmann::ordered_json;

ordered_json known(const PostureAnswers& answers) {
  auto object = ordered_json::object();
  for (const auto& [name, value] : answers) {
    if (value) object[name] = *value;
  }
  return object;
}

}  // namespace

std::string posture_body(const Posture& posture) {
  auto facts = ordered_json::object();
  for (const auto name : kPostureFactNames) {
    const auto fact = posture.facts.find(name);
    if (fact != posture.facts.end() && fact->second.value) facts[std::string{name}] = *fact->second.value;
  }
  ordered_json report{
      {"os", posture.os}, {"os_version", posture.os_version}, {"kernel", posture.kernel}, {"facts", std::move(facts)}};
  if (!posture.processes.empty()) report["processes"] = known(posture.processes);
  if (!posture.files.empty()) report["files"] = known(posture.files);
  const ordered_json body{{"v", 1}, {"posture", std::move(report)}};
  return body.dump(-1, ' ', /*ensure_ascii=*/true, ordered_json::error_handler_t::replace);
}

}  // namespace sallyport
