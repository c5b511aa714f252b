#include "server/ctl/denials_list.hpp"

#include "server/audit/audit_files.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <deque>

namespace sallyport {
namespace {

using Json = nlohmann::json;

bool is_refusal(const Json& record) {
  const auto event = text_of(record, "event");
  return event == "flow.denied" || event == "session.refused";
}

struct Newest {
  std::deque<Json> records;
  std::uint64_t left_off = 0;
};

Result<Newest, FileError> newest_refusals(const std::string& path, const AuditFilter& filter, std::size_t limit) {
  auto files = open_audit_files(path);
  if (!files) return fail(files.error());
  Newest newest;
  for (auto& file : *files) {
    const auto read = file.read([&](const FileLine& line) {
      auto record = Json::parse(line.text, nullptr, false);
      if (!record.is_object() || !is_refusal(record) || !filter.matches(record)) return;
      newest.records.push_back(std::move(record));
      if (newest.records.size() <= limit) return;
      newest.records.pop_front();
      ++newest.left_off;
    });
    if (!read) return fail(read.error());
  }
  return newest;
}

std::string rule_of(const Json& record) {
  const auto rule = text_of(record, "rule");
  return rule.empty() ? text_of(record, "reason") : "deny." + rule;
}

Json document_of(const Newest& newest) {
  Json denials = Json::array();
  for (const auto& record : newest.records) {
    const auto to = text_of(record, "destination");
    denials.push_back({{"time", text_of(record, "time")},
                       {"user", text_of(record, "user")},
                       {"device", text_of(record, "device")},
                       {"source", text_of(record, "source")},
                       {"to", to.empty() ? Json(nullptr) : Json(to)},
                       {"reason", text_of(record, "reason")},
                       {"code", text_of(record, "reference")}});
  }
  return {{"denials", std::move(denials)}, {"left_off", newest.left_off}};
}

void tell(Ctl& ctl, const Newest& newest) {
  TextTable table{{"TIME", "USER", "DEVICE", "TO", "BECAUSE", "CODE"}};
  for (const auto& record : newest.records) {
    const auto to = text_of(record, "destination");
    table.add({text_of(record, "time"), text_of(record, "user"), text_of(record, "device"),
               to.empty() ? "(to be let in)" : to, rule_of(record), text_of(record, "reference")});
  }
  if (table.empty()) return ctl.console.note("Nothing was refused in that time.\n");
  ctl.console.show(table);
  if (newest.left_off != 0)
    ctl.console.note(fmt::format("{} before these; raise --limit, or narrow it with --user or --device.\n",
                                 counted(newest.left_off, "refusal")));
  ctl.console.note("The whole story of one: sallyportctl explain-code CODE\n");
}

}  // namespace

CtlExit list_denials(Ctl& ctl, const DenialsListOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto since = parse_moment(options.since, ctl.now);
  if (!since) return ctl.console.fail(CtlExit::Usage, "--since: " + since.error());
  auto filter = options.filter;
  filter.since = *since;
  const auto newest = newest_refusals(config->audit, filter, options.limit);
  if (!newest) return ctl.console.fail(CtlExit::Failed, to_string(newest.error()));
  if (!ctl.console.json()) tell(ctl, *newest);
  ctl.console.document(document_of(*newest));
  return CtlExit::Ok;
}

}  // namespace sallyport
