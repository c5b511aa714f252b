#pragma once

#include "server/ctl/audit_filter.hpp"
#include "server/ctl/ctl.hpp"

#include <cstddef>
#include <string>

namespace sallyport {

struct DenialsListOptions {
  AuditFilter filter;  ///< user and device
  std::string since = "1d";
  std::size_t limit = 20;
};

/// The newest refusals in the audit file, connections and sessions alike, each with its code.
[[nodiscard]] CtlExit list_denials(Ctl& ctl, const DenialsListOptions& options);

}  // namespace sallyport
