#pragma once

#include "server/ctl/command_line.hpp"

namespace sallyport {

// Below "audit".
void add_audit_verify(Command noun, Ctl& ctl);
void add_audit_key(Command noun, Ctl& ctl);
void add_audit_head(Command noun, Ctl& ctl);

}  // namespace sallyport
