#pragma once

#include <string>
#include <string_view>

namespace sallyport {

struct OsRelease {
  std::string id;       ///< "debian"; empty: unknown
  std::string version;  ///< "12"; empty where a system has none
  friend bool operator==(const OsRelease&, const OsRelease&) = default;
};

/// Reads os-release(5): ID and VERSION_ID, quoted or not; the last one counts. A value that a shell would compute is
/// left unknown.
[[nodiscard]] OsRelease parse_os_release(std::string_view text);

/// Debian keeps its point release in /etc/debian_version alone: "12.5" when that refines `version`, else `version`.
[[nodiscard]] std::string refined_version(const std::string& version, std::string_view debian_version);

}  // namespace sallyport
