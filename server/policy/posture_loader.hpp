#pragma once

#include "server/policy/document.hpp"
#include "server/policy/toml_loader.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sallyport {

/// Reads one [posture.NAME].
class PostureLoader {
 public:
  explicit PostureLoader(TomlReader& reader) noexcept : reader_{reader} {}

  [[nodiscard]] PolicyPosture load(const toml::key& key, const toml::table& table);

 private:
  void load_line(PostureCheck& check, const toml::key& key, const toml::node& node);
  /// Names of processes or paths of files.
  void load_list(std::set<std::string>& list, const toml::key& key, const toml::node& node);
  void load_os(PostureCheck& check, const toml::node& node);
  [[nodiscard]] std::optional<VersionRange> versions(const toml::node& node, std::string_view what);

  TomlReader& reader_;
  std::string what_;  ///< for messages: "[posture.healthy]"
};

}  // namespace sallyport
