#pragma once

#include "common/base/diagnostic.hpp"

#include <toml++/toml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// A value and where it stands, for a complaint about what it says.
struct LocatedText {
  std::string value;
  toml::source_region place;
};

/// Reads the keys of one TOML table and complains, with places, about what it cannot use. Ask for every key that may
/// appear, then finish(): a key that was never asked for is unknown. Borrows the table and the diagnostics.
class ConfigTable {
 public:
  /// `path` is how complaints name the table: "profile.office"; empty for the file itself.
  ConfigTable(const toml::table& table, std::string path, std::string file, Diagnostics& diagnostics)
      : table_{table}, path_{std::move(path)}, file_{std::move(file)}, diagnostics_{diagnostics} {}

  [[nodiscard]] std::optional<LocatedText> text(std::string_view key);
  [[nodiscard]] std::optional<LocatedText> required_text(std::string_view key, std::string_view example);
  /// A string, or an array of them.
  [[nodiscard]] std::optional<std::vector<LocatedText>> texts(std::string_view key);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  void require_version(std::int64_t supported);
  /// Calls `visit` for each table inside the table at `key`.
  void for_each_table(std::string_view key,
                      const std::function<void(const toml::key& name, const toml::table& table)>& visit);

  /// Where the value of a present key stands.
  [[nodiscard]] toml::source_region place_of(std::string_view key) const;
  void complain(const toml::source_region& place, std::string message, std::string hint = {});
  void finish();

 private:
  [[nodiscard]] const toml::node* find(std::string_view key);
  void complain_type(const toml::node& node, std::string_view key, std::string_view wanted);
  [[nodiscard]] std::string full_name(std::string_view key) const;

  const toml::table& table_;
  std::string path_;
  std::string file_;
  Diagnostics& diagnostics_;
  std::vector<std::string_view> known_;
};

}  // namespace sallyport
