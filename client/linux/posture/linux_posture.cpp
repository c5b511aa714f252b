#include "client/linux/posture/linux_posture.hpp"

#include "client/linux/posture/linux_posture_watch.hpp"

namespace sallyport {

Posture LinuxPosture::collect(const std::vector<std::string>& processes) const {
  Posture posture;
  collect_system(root_, posture);
  posture.facts["disk_encrypted"] = collect_disk_encryption(root_);
  posture.facts["firewall"] = collect_firewall(root_, ruleset_);
  posture.facts["screen_lock"] = collect_screen_lock(root_);
  posture.facts["automatic_updates"] = collect_automatic_updates(root_);
  posture.facts["secure_boot"] = collect_secure_boot(root_);
  posture.processes = collect_processes(root_, processes);
  return posture;
}

std::unique_ptr<PostureWatch> LinuxPosture::watch() const { return std::make_unique<LinuxPostureWatch>(root_); }

}  // namespace sallyport
