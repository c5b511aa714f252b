#include "server/ctl/local_audit.hpp"

#include "server/ctl/gateway_link.hpp"
#include "server/ctl/policy_change_text.hpp"
#include "server/ctl/state_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace sallyport {

/// The gateway's user owns the file, and root writes for it.
Result<void, FileError> audit_here(const GatewayConfig& config, AuditRecord record) {
  record.by = ::geteuid() == 0 ? "root" : "uid " + std::to_string(::geteuid());
  const auto person = text_of(change_request(""), "on_behalf_of");
  if (!person.empty()) record.by += " (" + person + ')';
  struct stat state {};
  const bool is_for_another = ::geteuid() == 0 && ::stat(config.state.c_str(), &state) == 0;
  auto file = AuditFile::open(config.audit, is_for_another ? std::optional{state.st_uid} : std::nullopt);
  if (!file) return fail(file.error());
  if (auto given = give_to_gateway(config, config.audit); !given) return given;
  return (*file)->append(record);
}

}  // namespace sallyport
