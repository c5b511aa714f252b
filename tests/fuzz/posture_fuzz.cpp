// What a laptop's system prints about itself, and what a gateway may ask for by name. The first octet chooses a reader.

#include "client/posture/apt_config.hpp"
#include "client/posture/key_file.hpp"
#include "client/posture/mount_table.hpp"
#include "client/posture/nft_ruleset.hpp"
#include "client/posture/os_release.hpp"
#include "client/posture/posture.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_os_release(std::string_view text) {
  const auto release = parse_os_release(text);
  require(release.id.size() <= 64 && release.version.size() <= 64);
  require(refined_version(release.version, text).starts_with(release.version));
  Posture posture;
  posture.os = release.id;
  posture.kernel = text;
  require(posture_body(posture).starts_with(R"({"v":1,"posture":{)"));
}

void read_mountinfo(std::string_view text) {
  const auto mounts = parse_mountinfo(text);
  require(mounts.size() <= text.size());
  for (const auto& mount : mounts) {
    require(mount.point.starts_with('/') && mount.device.find(':') != std::string::npos);
    require(mount_holding(mounts, mount.point) != nullptr && mount_at(mounts, mount.point) != nullptr);
    (void)option_of(mount, "upperdir");
  }
}

void read_settings(std::string_view text) {
  AptConfig config;
  read_apt_config(text, config);
  (void)upgrades_itself(config);
  const auto value = key_file_value(text, "commands", "apply_updates");
  if (value) (void)switch_of(value->text);
}

/// More IP versions never make a wall of what is none.
void read_ruleset(std::string_view text) {
  const auto both = has_input_wall(text, true);
  const auto one = has_input_wall(text, false);
  require(both.has_value() == one.has_value());
  require(both != true || one == true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  if (text.empty()) return 0;
  const char reader = text.front();
  text.remove_prefix(1);
  if (reader == 'o') read_os_release(text);
  if (reader == 'm') read_mountinfo(text);
  if (reader == 's') read_settings(text);
  if (reader == 'n') read_ruleset(text);
  return 0;
}
