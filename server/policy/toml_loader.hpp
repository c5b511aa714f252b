#pragma once

#include "common/base/diagnostic.hpp"
#include "server/policy/document.hpp"

#include <toml++/toml.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

/// Keys of one kind of table.
struct KeySet {
  std::string_view table;  ///< for messages: "[allow.x]"
  std::span<const std::string_view> known;
  std::span<const std::string_view> later;  ///< of the language, but of a later version of this program
};

/// Reads values of one TOML file and notes everything that is wrong with them. A value that cannot be read is an error
/// noted here and an empty answer, so that reading goes on and all errors of a run are found.
class TomlReader {
 public:
  TomlReader(std::uint32_t file, std::string name, Diagnostics& errors)
      : file_{file}, name_{std::move(name)}, errors_{errors} {}

  [[nodiscard]] Place place(const toml::source_region& where) const;
  void error(const toml::source_region& where, std::string message, std::string hint = {});
  void error(const Place& where, std::string message, std::string hint = {});

  void refuse_key(const toml::key& key, const KeySet& keys);
  /// The name of a group, network, resource, rule ...: letters, digits, '-' and '_'.
  void check_name(const toml::key& key, std::string_view kind);

  [[nodiscard]] const toml::table* table(const toml::node& node, std::string_view what, std::string hint = {});
  [[nodiscard]] std::optional<NameUse> text(const toml::node& node, std::string_view what);
  /// A string, or a list of strings.
  [[nodiscard]] std::vector<NameUse> texts(const toml::node& node, std::string_view what);
  /// The same; an empty list is an error.
  [[nodiscard]] std::vector<NameUse> some_texts(const toml::node& node, std::string_view what);
  /// Groups and users; what holds '@' must be an e-mail address and becomes lower case.
  [[nodiscard]] std::vector<NameUse> people(std::vector<NameUse> names);
  [[nodiscard]] std::vector<IpPrefix> prefixes(const toml::node& node, std::string_view what);
  [[nodiscard]] std::vector<ServiceRange> services(const toml::node& node);
  /// Tags of a resource: names without "tag:".
  [[nodiscard]] std::vector<std::string> tags(const toml::node& node);
  /// "5m", "8h", "7d".
  [[nodiscard]] std::optional<std::chrono::seconds> age(const toml::node& node, std::string_view what);
  [[nodiscard]] std::optional<bool> flag(const toml::node& node, std::string_view what);
  /// A date (its first second, UTC) or a date-time with offset.
  [[nodiscard]] std::optional<WallTime> time(const toml::node& node, std::string_view what);

 private:
  [[nodiscard]] std::optional<IpPrefix> prefix(const NameUse& text);

  std::uint32_t file_;
  std::string name_;
  Diagnostics& errors_;
};

}  // namespace sallyport
