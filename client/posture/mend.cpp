#include "client/posture/mend.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport {
namespace {

enum class Family { Debian, Ubuntu, Fedora, Other };

Family family_of(std::string_view os) {
  constexpr std::array<std::string_view, 5> kUbuntu{"ubuntu", "linuxmint", "pop", "elementary", "neon"};
  constexpr std::array<std::string_view, 6> kFedora{"fedora", "rhel", "centos", "rocky", "almalinux", "ol"};
  if (os == "debian" || os == "raspbian") return Family::Debian;
  if (std::find(kUbuntu.begin(), kUbuntu.end(), os) != kUbuntu.end()) return Family::Ubuntu;
  return std::find(kFedora.begin(), kFedora.end(), os) != kFedora.end() ? Family::Fedora : Family::Other;
}

std::string firewall(Family family) {
  switch (family) {
    case Family::Debian:
      return "sudo apt install ufw && sudo ufw enable";
    case Family::Ubuntu:
      return "sudo ufw enable";
    case Family::Fedora:
      return "sudo systemctl enable --now firewalld";
    case Family::Other:
      break;
  }
  return "give the input chain in /etc/nftables.conf the policy drop, then: sudo systemctl enable --now nftables";
}

std::string updates(Family family) {
  switch (family) {
    case Family::Debian:
    case Family::Ubuntu:
      return "sudo apt install unattended-upgrades && sudo dpkg-reconfigure -f noninteractive unattended-upgrades "
             "&& sudo systemctl enable --now apt-daily.timer apt-daily-upgrade.timer";
    case Family::Fedora:
      return "sudo dnf install dnf-automatic && sudo systemctl enable --now dnf-automatic-install.timer";
    case Family::Other:
      break;
  }
  return "turn on automatic installation of updates in the settings of this system";
}

std::string upgrade(Family family) {
  switch (family) {
    case Family::Debian:
    case Family::Ubuntu:
      return "sudo apt update && sudo apt full-upgrade";
    case Family::Fedora:
      return "sudo dnf upgrade --refresh";
    case Family::Other:
      break;
  }
  return "install the updates of this system";
}

std::string fact(const std::string& key, Family family) {
  if (key == "firewall") return firewall(family);
  if (key == "automatic_updates") return updates(family);
  if (key == "secure_boot") return "turn Secure Boot on in the firmware: sudo systemctl reboot --firmware-setup";
  if (key == "screen_lock") {
    return "prescribe it for every user: under [org/gnome/desktop/screensaver] lock-enabled=true in "
           "/etc/dconf/db/local.d/00-lock, /org/gnome/desktop/screensaver/lock-enabled in "
           "/etc/dconf/db/local.d/locks/lock; then: sudo dconf update";
  }
  if (key == "disk_encrypted") {
    return "a disk is encrypted when the system is installed: ask your administrator for an installation with LUKS";
  }
  return "ask your administrator what this check wants";
}

bool is_unit_name(std::string_view name) {
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string process(std::string_view name) {
  if (!is_unit_name(name)) return "start that program; if it is not installed, ask your administrator";
  return "sudo systemctl enable --now " + std::string{name} + "   (not installed? ask your administrator)";
}

}  // namespace

std::string mend_for(const StandingLine& line, const Posture& posture) {
  constexpr std::string_view kProcess = "process ";
  constexpr std::string_view kFile = "file ";
  const auto family = family_of(posture.os);
  if (line.key.starts_with(kProcess)) return process(std::string_view{line.key}.substr(kProcess.size()));
  if (line.key.starts_with(kFile)) return "your organisation's management puts this file there: ask your administrator";
  if (line.key == "os") return upgrade(family) + "   (if a newer release is asked for, upgrade to it)";
  if (line.key == "kernel") return upgrade(family) + ", then restart";
  if (line.required != "true") return "this check wants it off: ask your administrator why";
  return fact(line.key, family);
}

}  // namespace sallyport
