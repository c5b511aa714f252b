#include "common/log/audit.hpp"

#include "common/base/text.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {

std::string to_json_line(const AuditRecord& record) {
  nlohmann::ordered_json line{{"time", format_utc(record.time)}, {"event", escape_untrusted(record.event)}};
  const auto add = [&line](const char* name, const std::string& value) {
    if (!value.empty()) line.emplace(name, escape_untrusted(value));
  };
  add("user", record.user);
  add("device", record.device);
  add("serial", record.serial);
  if (record.session != SessionId{}) line.emplace("session", static_cast<std::uint64_t>(record.session));
  add("source", record.source);
  add("address", record.address);
  add("destination", record.destination);
  add("verdict", record.verdict);
  add("rule", record.rule);
  add("policy", record.policy);
  if (record.version != 0) line.emplace("version", record.version);
  for (const auto& [name, count] : record.counts) line.emplace(name, count);
  add("reason", record.reason);
  add("by", record.by);
  add("reference", record.reference);
  for (const auto& [check, state] : record.checks) line["checks"][escape_untrusted(check)] = escape_untrusted(state);
  if (record.self_reported) line.emplace("self_reported", true);
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

Result<std::unique_ptr<AuditFile>, FileError> AuditFile::open(std::string path, std::optional<uid_t> owner) {
  auto file = AppendFile::open(std::move(path), owner);
  if (!file) return fail(file.error());
  return std::unique_ptr<AuditFile>{new AuditFile{std::move(*file)}};
}

Result<void, FileError> AuditFile::append(const AuditRecord& record) {
  auto line = to_json_line(record);
  const std::lock_guard lock{mutex_};
  return file_.append(std::move(line));
}

Result<void, FileError> AuditFile::reopen() {
  auto file = AppendFile::open(file_.path());
  if (!file) return fail(file.error());
  const std::lock_guard lock{mutex_};
  file_ = std::move(*file);
  return {};
}

}  // namespace sallyport
