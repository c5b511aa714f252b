#include "server/ctl/admin_record.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/revocation.hpp"
#include "server/ctl/signing_authority.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

struct IssueOptions {
  int days = static_cast<int>(kDefaultCrlLifetime.count());
};

CtlExit run_issue(Ctl& ctl, const IssueOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto authority = load_signing_authority(*config);
  if (!authority) return ctl.console.fail(CtlExit::Failed, authority.error());
  auto store = Store::open(config->database());
  if (!store) return ctl.console.fail(CtlExit::Failed, store.error().words);
  const auto list = publish_revocations(*config, *store, *authority, std::chrono::days{options.days}, ctl.now);
  if (!list) return ctl.console.fail(CtlExit::Failed, list.error());
  ctl.console.say(fmt::format("Revocation list number {} is written: {}, due {}\n", list->number,
                              counted(list->entries, "certificate"), readable_date(list->next_update, ctl.now)));
  const auto told = ask_gateway(*config, {{"do", "trust.reload"}});
  const bool is_running = told || told.error().code != CtlExit::NotRunning;
  if (!told && is_running) return report(ctl.console, told.error());
  AuditRecord record;
  record.event = "crl.issued";
  record.reason = fmt::format("number {}, {}", list->number, counted(list->entries, "certificate"));
  if (const auto unrecorded = record_action(*config, std::move(record), ctl.now))
    return fail_unrecorded(ctl.console, "the list is written", *unrecorded);
  ctl.console.say(is_running ? "The running gateway uses it.\n"
                             : "No gateway is running; it will be read at the next start.\n");
  ctl.console.document({{"crl", config->crl},
                        {"crl_number", list->number},
                        {"crl_next_update", format_utc(list->next_update)},
                        {"revoked", list->entries},
                        {"gateway", is_running ? "running" : "not_running"}});
  return CtlExit::Ok;
}

}  // namespace

void add_crl_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("crl", "The list of revoked certificates");
  const auto options = std::make_shared<IssueOptions>();
  const auto verb =
      add_verb<IssueOptions>(noun, ctl, "issue", "Write a fresh list before the last one is due",
                             "  sallyportctl crl issue\n"
                             "  sallyportctl crl issue --days 7\n"
                             "Every revocation writes one too. A gateway with an overdue list refuses everybody:\n"
                             "run this from a timer, at least once in every period.",
                             options, run_issue);
  add_days(verb, options->days, "When the next list is due");
}

}  // namespace sallyport
