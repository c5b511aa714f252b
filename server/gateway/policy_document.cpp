#include "server/gateway/policy_document.hpp"

#include "common/ipc/diagnostics_document.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// More than anybody reads; an answer stays far below the bound of the admin socket.
constexpr std::size_t kMaxListed = 1000;

std::uint64_t number_of(VersionNumber number) { return static_cast<std::uint64_t>(number); }

}  // namespace

Json version_document(const PolicyVersion& version) {
  return {{"version", number_of(version.number)},
          {"time", format_utc(version.time)},
          {"hash", version.hash},
          {"digest", version.digest.text()},
          {"how", name_of(version.how)},
          {"by", version.by},
          {"restores", version.restores ? Json(number_of(*version.restores)) : Json(nullptr)}};
}

Json impact_document(const PolicyImpact& impact) {
  Json cut = Json::array();
  for (const auto& each : impact.cut) {
    if (cut.size() == kMaxListed) break;
    cut.push_back({{"session", static_cast<std::uint64_t>(each.session)},
                   {"user", each.user.text()},
                   {"device", each.device.text()},
                   {"flows", each.flows.open},
                   {"flows_cut", each.flows.cut}});
  }
  return {{"sessions", impact.sessions},
          {"sessions_cut", impact.cut.size()},
          {"flows_cut", impact.flows_cut},
          {"left_off", impact.cut.size() - cut.size()},
          {"cut", std::move(cut)}};
}

Json trial_document(const PolicyVersions& policies) {
  const auto& pending = policies.record().pending();
  const auto left = policies.time_left();
  if (!pending || !left) return nullptr;
  return {{"version", number_of(policies.record().running()->number)},
          {"previous", number_of(pending->previous)},
          {"until", format_utc(pending->until)},
          {"seconds_left", std::chrono::ceil<std::chrono::seconds>(*left).count()}};
}

Json change_document(const PolicyChange& change, const PolicyVersions& policies) {
  Json document = version_document(change.version);
  document["v"] = 1;
  document["ok"] = true;
  document["new"] = change.is_new;
  document["empty"] = policies.in_force().is_empty();
  document["impact"] = impact_document(change.impact);
  document["pending"] = trial_document(policies);
  return document;
}

Json counts_document(const PolicyCounts& counts) {
  Json refused = Json::object();
  for (std::size_t i = 0; i < counts.refused.size(); ++i)
    refused[std::string{name_of(static_cast<PolicyRefusalReason>(i))}] = counts.refused[i];
  Json not_reloaded = Json::object();
  for (std::size_t i = 0; i < counts.reloaded.size(); ++i) {
    const auto result = static_cast<ReloadedPolicy>(i);
    if (result != ReloadedPolicy::InForce) not_reloaded[std::string{name_of(result)}] = counts.reloaded[i];
  }
  return {{"refused", std::move(refused)}, {"not_reloaded", std::move(not_reloaded)}};
}

Json refusal_document(const PolicyRefusal& refusal) {
  Json document = {
      {"v", 1}, {"ok", false}, {"error", refusal.words}, {"hint", refusal.hint}, {"reason", name_of(refusal.reason)}};
  if (!refusal.diagnostics.empty()) document["diagnostics"] = diagnostics_document(refusal.diagnostics);
  if (!refusal.impact.cut.empty()) document["impact"] = impact_document(refusal.impact);
  return document;
}

}  // namespace sallyport
