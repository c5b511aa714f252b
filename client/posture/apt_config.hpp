#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sallyport {

/// Settings of apt by their whole name in lower case, as apt compares them: "apt::periodic::unattended-upgrade".
using AptConfig = std::map<std::string, std::string, std::less<>>;

/// Reads one file of apt.conf(5) on top of `config`: both forms, NAME "value"; and NAME { ... };. #clear takes a
/// setting away; lists and what cannot be read are left out.
void read_apt_config(std::string_view text, AptConfig& config);

/// Whether these settings install upgrades by themselves: unattended-upgrade and the update of the package lists are
/// on, and APT::Periodic::Enable is not off.
[[nodiscard]] bool upgrades_itself(const AptConfig& config);

}  // namespace sallyport
