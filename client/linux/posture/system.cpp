#include "client/linux/posture/collectors.hpp"
#include "client/posture/os_release.hpp"
#include "client/posture/text_lines.hpp"

namespace sallyport {

void collect_system(const SystemRoot& root, Posture& posture) {
  // os-release(5): the second is there where the first is not.
  auto text = root.read("/etc/os-release");
  if (!text) text = root.read("/usr/lib/os-release");
  const auto release = parse_os_release(text.value_or(""));
  posture.os = release.id;
  posture.os_version = release.version;
  if (release.id == "debian")
    posture.os_version = refined_version(release.version, root.read("/etc/debian_version").value_or(""));
  posture.kernel = std::string{trimmed(root.read("/proc/sys/kernel/osrelease").value_or(""))};
}

}  // namespace sallyport
