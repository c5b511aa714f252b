#include "server/ctl/admin_record.hpp"

#include "server/audit/audit_log.hpp"
#include "server/audit/audit_note.hpp"
#include "server/ctl/policy_change_text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace sallyport {
namespace {

AuditLimits limits_of(const GatewayConfig& config) {
  return {.file_size = std::size_t{config.audit_settings.file_mib} << 20U, .files = config.audit_settings.files};
}

/// As the gateway would say it of us.
std::string actor() {
  std::string words = ::geteuid() == 0 ? "root" : "uid " + std::to_string(::geteuid());
  const auto person = text_of(change_request(""), "on_behalf_of");
  return person.empty() ? words : words + " (" + person + ')';
}

LinkError unwritable(const FileError& error) {
  return {CtlExit::Failed, to_string(error), "put that right: nothing is given that is not recorded", {}};
}

}  // namespace

std::optional<LinkError> record_here(const GatewayConfig& config, AuditRecord record, WallTime now) {
  struct stat state {};
  // The gateway's user owns the files, and root writes for it.
  const bool is_for_another = ::geteuid() == 0 && ::stat(config.state.c_str(), &state) == 0;
  const auto owner = is_for_another ? std::optional{AuditOwner{state.st_uid, state.st_gid}} : std::nullopt;
  auto log = AuditLog::open(audit_places(config.audit, config.state), limits_of(config), now, owner);
  if (!log) return unwritable(log.error());
  record.time = now;
  record.by = actor();
  if (auto written = (*log)->append(record); !written) return unwritable(written.error());
  if (auto settled = (*log)->settle(now); !settled) return unwritable(settled.error());
  return std::nullopt;
}

std::optional<LinkError> record_action(const GatewayConfig& config, AuditRecord record, WallTime now) {
  auto request = change_request("audit.note");
  request["record"] = note_of(record);
  auto answer = ask_gateway(config, std::move(request));
  if (!answer && answer.error().code == CtlExit::NotRunning) return record_here(config, std::move(record), now);
  if (!answer) return std::move(answer.error());
  if (answer->value("recorded", nlohmann::json(true)) == true) return std::nullopt;
  return LinkError{CtlExit::Failed, "the gateway cannot write its audit file", "see: sallyportctl status", {}};
}

CtlExit fail_unrecorded(Console& console, const std::string& done, const LinkError& error) {
  return console.fail(error.code, done + ", but there is no audit record of it: " + error.words, error.hint);
}

}  // namespace sallyport
