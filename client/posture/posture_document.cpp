#include "client/posture/posture_document.hpp"

#include "client/posture/mend.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

using nlohmann::json;

json value_of(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }
json value_of(std::optional<bool> answer) { return answer ? json(*answer) : json(nullptr); }

json entry(std::string key, json value, std::string source) {
  return {{"key", std::move(key)}, {"value", std::move(value)}, {"source", std::move(source)}};
}

}  // namespace

json reported_document(const Posture& posture) {
  json list = json::array();
  list.push_back(entry("os", value_of(posture.os), "os-release"));
  list.push_back(entry("os_version", value_of(posture.os_version), "os-release"));
  list.push_back(entry("kernel", value_of(posture.kernel), "the running kernel"));
  for (const auto name : kPostureFactNames) {
    const auto found = posture.facts.find(name);
    const auto fact = found == posture.facts.end() ? PostureFact{} : found->second;
    list.push_back(entry(std::string{name}, value_of(fact.value), fact.source));
  }
  for (const auto& [name, runs] : posture.processes)
    list.push_back(entry("process " + name, value_of(runs), "asked for by the gateway; the list of processes"));
  for (const auto& [path, there] : posture.files)
    list.push_back(entry("file " + path, value_of(there), "asked for by the gateway; whether it is there"));
  return list;
}

json checks_document(const PostureStanding& standing, const Posture& posture) {
  json checks = json::array();
  for (const auto& check : standing.checks) {
    json lines = json::array();
    for (const auto& line : check.lines) {
      json each{
          {"key", line.key}, {"required", line.required}, {"actual", line.actual}, {"state", name_of(line.state)}};
      if (line.state != PostureState::Holds) each["mend"] = mend_for(line, posture);
      lines.push_back(std::move(each));
    }
    checks.push_back(
        {{"name", check.name}, {"state", name_of(check.state)}, {"needed", check.needed}, {"lines", std::move(lines)}});
  }
  return checks;
}

bool is_failing(const PostureStanding& standing) noexcept {
  // How those stand that did not fit is not known.
  return standing.left_off != 0 ||
         std::any_of(standing.checks.begin(), standing.checks.end(),
                     [](const StandingCheck& check) { return check.needed && check.state != PostureState::Holds; });
}

}  // namespace sallyport
