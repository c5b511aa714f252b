#include "server/ctl/policy_change_text.hpp"

#include "server/ctl/policy_impact.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::string trial_text(const Json& trial, std::uint64_t version) {
  const auto left = std::chrono::seconds{number_of(trial, "seconds_left")};
  return fmt::format("It goes back to version {} in {} (at {}) unless you type:\n  sallyportctl policy confirm {}\n",
                     number_of(trial, "previous"), readable_duration(left), text_of(trial, "until"), version);
}

}  // namespace

Json change_request(const char* verb) {
  Json request{{"do", verb}};
  const char* person = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (person != nullptr && *person != '\0') request["on_behalf_of"] = person;
  return request;
}

std::string policy_name(const Json& version) {
  return fmt::format("Version {} ({})", number_of(version, "version"), text_of(version, "hash"));
}

std::string empty_text(const Json& answer) {
  return member_of(answer, "empty") == true ? "  It is empty: nobody reaches anything.\n" : std::string{};
}

std::string change_text(const Json& answer, bool colour) {
  if (member_of(answer, "new") == false) return policy_name(answer) + " has these files already and stays in force.\n";
  const auto restores = number_of(answer, "restores");
  std::string text = policy_name(answer) + " is in force";
  text += restores == 0 ? ".\n" : fmt::format(": the files of version {} again.\n", restores);
  text += empty_text(answer);
  text += impact_text(member_of(answer, "impact"), Tense::Does, colour);
  const auto& trial = member_of(answer, "pending");
  return trial.is_object() ? text + trial_text(trial, number_of(answer, "version")) : text;
}

CtlExit report_refused_change(Console& console, const LinkError& error) {
  const auto& impact = member_of(error.answer, "impact");
  if (console.json() && impact.is_object()) {
    console.data(error.answer.dump(2, ' ', true, Json::error_handler_t::replace) + '\n');
    return error.code;
  }
  if (impact.is_object()) console.note(impact_text(impact, Tense::Would, console.colour()));
  return report(console, error);
}

}  // namespace sallyport
