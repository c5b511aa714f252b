#pragma once

#include "server/policy/document.hpp"
#include "server/policy/toml_loader.hpp"

#include <string>
#include <string_view>

namespace sallyport {

inline constexpr std::string_view kHoursExample =
    R"(write NAME = { days = "mon-fri", time = "08:00-19:00", zone = "Europe/Madrid" })";

/// Reads one entry of [hours]: a table, or a list of tables in one zone.
class HoursLoader {
 public:
  explicit HoursLoader(TomlReader& reader) noexcept : reader_{reader} {}

  /// What cannot be read is noted and left out: the name is known all the same.
  [[nodiscard]] PolicyHours load(const toml::key& key, const toml::node& node);

 private:
  void load_table(const toml::table& table);
  [[nodiscard]] std::uint8_t days(const toml::node& node);
  void add_windows(std::uint8_t days, const toml::node& time);
  void use_zone(const toml::node& node);

  TomlReader& reader_;
  WeeklyHours hours_;
  std::string what_;  ///< for messages: `hours "working"`
};

}  // namespace sallyport
