#pragma once

#include "client/linux/posture/collectors.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace sallyport::test {

/// A file system that a test makes up, below a folder of its own.
class MadeUpSystem {
 public:
  [[nodiscard]] SystemRoot root() const { return SystemRoot{directory_.path()}; }

  void write(const std::string& path, const std::string& text) const {
    folder(std::filesystem::path{path}.parent_path());
    std::ofstream{at(path)} << text;
  }
  void folder(const std::string& path) const { std::filesystem::create_directories(at(path)); }
  /// `target` as it is written into the link.
  void link(const std::string& path, const std::string& target) const {
    folder(std::filesystem::path{path}.parent_path());
    std::filesystem::create_symlink(target, at(path));
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(at(path)); }
  [[nodiscard]] std::string at(const std::string& path) const { return directory_.path() + path; }

  /// A block device as sysfs shows it. `below`: the names of those it lies on; `number`: "MAJOR:MINOR".
  void device(const std::string& name, const std::string& number, const std::vector<std::string>& below = {},
              const std::string& dm_uuid = {}) const {
    const auto path = "/sys/devices/block/" + name;
    folder(path + "/slaves");
    for (const auto& each : below) link(path + "/slaves/" + each, "../../../../class/block/" + each);
    if (!dm_uuid.empty()) write(path + "/dm/uuid", dm_uuid + '\n');
    link("/sys/class/block/" + name, "../../devices/block/" + name);
    link("/sys/dev/block/" + number, "../../devices/block/" + name);
  }
  void partition(const std::string& disk, const std::string& name, const std::string& number) const {
    write("/sys/devices/block/" + disk + '/' + name + "/partition", "1\n");
    link("/sys/class/block/" + name, "../../devices/block/" + disk + '/' + name);
    link("/sys/dev/block/" + number, "../../devices/block/" + disk + '/' + name);
  }
  void mounts(const std::string& text) const { write("/proc/self/mountinfo", text); }

  /// A process as /proc shows it; an empty `exe`: its file may not be seen.
  void process(int id, const std::string& comm, const std::string& exe = {}, char state = 'S', int user = 0) const {
    const auto path = "/proc/" + std::to_string(id);
    write(path + "/comm", comm + '\n');
    write(path + "/stat", std::to_string(id) + " (" + comm + ") " + state + " 1 1");
    const auto number = '\t' + std::to_string(user);
    write(path + "/status", "Name:\t" + comm + "\nUmask:\t0022\nUid:" + number + number + number + number + '\n');
    if (!exe.empty()) link(path + "/exe", exe);
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace sallyport::test
