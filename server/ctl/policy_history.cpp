#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/policy_change_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/history/policy_store.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json optional_number(const std::optional<VersionNumber>& number) {
  return number ? Json(static_cast<std::uint64_t>(*number)) : Json(nullptr);
}

Json document_of(const PolicyRecord& record, const PolicyVersion& version) {
  const bool is_running = record.running() == &version;
  return {{"version", static_cast<std::uint64_t>(version.number)},
          {"time", format_utc(version.time)},
          {"hash", version.hash},
          {"digest", version.digest.text()},
          {"how", name_of(version.how)},
          {"restores", optional_number(version.restores)},
          {"by", version.by},
          {"running", is_running},
          {"pending", is_running && record.pending().has_value()},
          {"held", record.is_held(version.digest)}};
}

Json document_of(const PolicyRecord& record) {
  Json versions = Json::array();
  std::for_each(record.versions().rbegin(), record.versions().rend(),
                [&](const PolicyVersion& each) { versions.push_back(document_of(record, each)); });
  Json pending;
  if (record.pending()) {
    pending = {{"previous", static_cast<std::uint64_t>(record.pending()->previous)},
               {"until", format_utc(record.pending()->until)}};
  }
  return {{"versions", std::move(versions)}, {"pending", std::move(pending)}};
}

Cell state_of(const PolicyRecord& record, const PolicyVersion& version) {
  if (record.running() != &version)
    return record.is_held(version.digest) ? Cell{"taken out of force", Style::Warning} : Cell{""};
  if (!record.pending()) return {"running", Style::Good};
  return {"running, unless unconfirmed at " + format_utc(record.pending()->until), Style::Warning};
}

std::string way_of(const PolicyVersion& version) {
  const std::string how{name_of(version.how)};
  return version.restores ? how + " to " + to_string(*version.restores) : how;
}

CtlExit show_table(Ctl& ctl, const PolicyRecord& record) {
  TextTable table{{"VERSION", "TIME", "POLICY", "HOW", "BY", "STATE"}};
  std::for_each(record.versions().rbegin(), record.versions().rend(), [&](const PolicyVersion& each) {
    table.add(
        {to_string(each.number), format_utc(each.time), each.hash, way_of(each), each.by, state_of(record, each)});
  });
  if (table.empty())
    ctl.console.say("No policy was in force yet.\n");
  else
    ctl.console.show(table);
  ctl.console.document(document_of(record));
  return CtlExit::Ok;
}

CtlExit print_files(Ctl& ctl, const std::vector<PolicyFile>& files, Json document) {
  document["files"] = Json::array();
  for (const auto& file : files) {
    // A comment, so that the whole is TOML to other programs; a name is no file's text and may hold anything.
    ctl.console.say(fmt::format("# --- {}\n{}", escape_untrusted(file.name), escape_controls(file.text)));
    if (!file.text.ends_with('\n')) ctl.console.say("\n");
    document["files"].push_back({{"name", file.name}, {"text", file.text}});
  }
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

CtlExit write_files(Ctl& ctl, const std::vector<PolicyFile>& files, const std::string& out, Json document) {
  if (::mkdir(out.c_str(), 0755) != 0)
    return ctl.console.fail(CtlExit::Failed, out + ": cannot be made: " + std::strerror(errno));
  for (const auto& file : files) {
    if (auto written = write_file_atomically(out + '/' + file.name, file.text, 0644); !written)
      return ctl.console.fail(CtlExit::Failed, to_string(written.error()));
  }
  ctl.console.say(fmt::format("{} in {}\nPut them in force: sallyportctl policy apply {}\n",
                              counted(files.size(), "file"), out, out));
  document["out"] = out;
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

CtlExit show_version(Ctl& ctl, const PolicyStore& store, const PolicyRecord& record, const HistoryOptions& options) {
  const auto* version = record.find(VersionNumber{static_cast<std::uint64_t>(options.show)});
  if (version == nullptr) {
    return ctl.console.fail(CtlExit::Failed, fmt::format("there is no version {}", options.show),
                            "see: sallyportctl policy history");
  }
  const auto packed = store.files(version->digest);
  if (!packed) return ctl.console.fail(CtlExit::Failed, to_string(packed.error()));
  const auto files = unpack_policy(packed->octets);
  if (!files) return ctl.console.fail(CtlExit::Failed, files.error());
  if (options.out.empty()) return print_files(ctl, *files, document_of(record, *version));
  return write_files(ctl, *files, options.out, document_of(record, *version));
}

}  // namespace

/// From the files, which are written before anything is in force: they need no gateway and have no bound on an answer.
CtlExit show_policy_history(Ctl& ctl, const HistoryOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  if (::access(config->state.c_str(), X_OK) != 0 && errno == EACCES)
    return ctl.console.fail(CtlExit::NotPermitted, config->state + " is closed to you", "use sudo");
  const PolicyStore store{config->policy_history()};
  const auto record = store.load();
  if (!record) {
    const char* hint = record.error().is_damage
                           ? "the policy that runs is not touched by this; at its next start the gateway begins a new "
                             "history"
                           : "the policy that runs is not touched by this; until it can be read, no gateway starts";
    return ctl.console.fail(CtlExit::Failed, to_string(record.error()), hint);
  }
  const PolicyRecord found = record->value_or(PolicyRecord{});
  return options.show == 0 ? show_table(ctl, found) : show_version(ctl, store, found, options);
}

}  // namespace sallyport
