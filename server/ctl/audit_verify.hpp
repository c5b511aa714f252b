#pragma once

#include "server/ctl/command_line.hpp"

namespace sallyport {

// Below "audit".
void add_audit_verify(CLI::App& noun, Ctl& ctl);
void add_audit_key(CLI::App& noun, Ctl& ctl);
void add_audit_head(CLI::App& noun, Ctl& ctl);

}  // namespace sallyport
