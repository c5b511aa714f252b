#include "server/ctl/policy_impact.hpp"

#include "server/ctl/readable.hpp"
#include "server/history/candidate_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

}  // namespace

Result<Json, LinkError> ask_impact(const GatewayConfig& config, std::vector<PolicyFile> files) {
  const auto packed = pack_policy(std::move(files));
  if (!packed) return fail(LinkError{CtlExit::Failed, packed.error(), {}, {}, {}});
  // Before the copy is made: without a gateway there is nowhere to put it.
  if (auto status = ask_gateway(config, {{"do", "status"}}); !status) return status;
  const auto file = CandidateFile::write(config.runtime, *packed);
  if (!file) return fail(LinkError{CtlExit::Failed, to_string(file.error()), "use sudo", {}, {}});
  return ask_gateway(config, {{"do", "policy.impact"}, {"candidate", file->name()}});
}

std::string impact_text(const Json& impact, Tense tense, bool colour) {
  const bool is_done = tense == Tense::Does;
  const auto sessions = counted(number_of(impact, "sessions"), "live session");
  const auto cut = number_of(impact, "sessions_cut");
  if (cut == 0) return fmt::format("  No flow of {} {} cut.\n", sessions, is_done ? "is" : "would be");
  std::string text = fmt::format("  {} of {} {} {}:\n", cut, sessions, is_done ? "lose" : "would lose",
                                 counted(number_of(impact, "flows_cut"), "flow"));
  TextTable table{{"SESSION", "DEVICE", "USER", "FLOWS", "CUT"}};
  for (const auto& each : member_of(impact, "cut")) {
    table.add({std::to_string(number_of(each, "session")), text_of(each, "device"), text_of(each, "user"),
               std::to_string(number_of(each, "flows")), std::to_string(number_of(each, "flows_cut"))});
  }
  text += table.to_text(colour);
  const auto left_off = number_of(impact, "left_off");
  if (left_off != 0) text += fmt::format("  and {} more\n", left_off);
  return text;
}

}  // namespace sallyport
