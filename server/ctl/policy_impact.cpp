#include "server/ctl/policy_impact.hpp"

#include "server/ctl/readable.hpp"
#include "server/history/candidate_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::string flows_text(std::uint64_t cut, bool is_done) {
  if (cut == 0) return ", no open flow among it";
  const auto* verb = is_done ? (cut == 1 ? "is" : "are") : "would be";
  return fmt::format(", {} {} cut", counted(cut, "open flow"), verb);
}

}  // namespace

Result<Json, LinkError> ask_impact(const GatewayConfig& config, std::vector<PolicyFile> files) {
  const auto packed = pack_policy(std::move(files));
  if (!packed) return fail(LinkError{CtlExit::Failed, packed.error(), {}, {}, {}});
  // Before the copy is made: without a gateway there is nowhere to put it.
  if (auto status = ask_gateway(config, {{"do", "status"}}); !status) return status;
  const auto file = CandidateFile::write(config.runtime, config.state, *packed);
  if (!file) return fail(LinkError{CtlExit::Failed, to_string(file.error()), "use sudo", {}, {}});
  return ask_gateway(config, {{"do", "policy.impact"}, {"candidate", file->name()}});
}

std::string impact_text(const Json& impact, Tense tense, bool colour) {
  const bool is_done = tense == Tense::Does;
  const auto sessions = number_of(impact, "sessions");
  const auto cut = number_of(impact, "sessions_cut");
  if (cut == 0)
    return fmt::format("  None of {} {} access.\n", counted(sessions, "live session"),
                       is_done ? "loses" : "would lose");
  std::string text = fmt::format("  {} of {} {} access{}:\n", cut, counted(sessions, "live session"),
                                 is_done ? (cut == 1 ? "loses" : "lose") : "would lose",
                                 flows_text(number_of(impact, "flows_cut"), is_done));
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
