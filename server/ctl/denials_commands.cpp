#include "server/ctl/command_line.hpp"
#include "server/ctl/denials_list.hpp"
#include "server/ctl/explain_code.hpp"

namespace sallyport {
namespace {

void add_list(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<DenialsListOptions>();
  const auto verb = add_verb<DenialsListOptions>(
      noun, ctl, "list", "List the newest refusals, of connections and of sessions",
      "  sallyportctl denials list --user ana@example.com\n"
      "  sallyportctl denials list --device ana-laptop --since 2h\n"
      "  sallyportctl denials list --json | jq -r '.denials[] | [.time, .user, .to, .reason, .code] | @tsv'\n"
      "Of the audit file, so with or without a running gateway. CODE is what the employee was shown; BECAUSE is the\n"
      "reason, or the rule that denied.",
      options, list_denials);
  verb.add_option("--user", options->filter.user, "Only of this person");
  verb.add_option("--device", options->filter.device, "Only of this device");
  verb.add_option("--since", options->since, "2026-11-27T10:00:00Z, 2026-11-27, or an age like 2h").show_default();
  verb.add_option("--limit", options->limit, "Show at most so many").between(1, 100000).show_default();
}

}  // namespace

void add_denials_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("denials", "What was refused, and why");
  add_list(noun, ctl);
  const auto options = std::make_shared<ExplainCodeOptions>();
  const auto verb = add_verb<ExplainCodeOptions>(noun, ctl, "show", "The same as: sallyportctl explain-code CODE",
                                                 "  sallyportctl denials show K7Q2-9XPD", options, explain_code);
  verb.add_option("CODE", options->code, "As the employee reads it").required();
}

}  // namespace sallyport
