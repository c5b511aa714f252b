#pragma once

#include "common/base/diagnostic.hpp"
#include "server/config/config_reference.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Text of the file and where it stands, for a complaint about what it says.
struct ConfigText {
  std::string value;
  toml::source_region place;
};

/// A table of the file, "" for its top, and a key in it.
struct KeyPath {
  std::string_view table;
  std::string_view name;
};

/// Takes values of known keys out of a parsed gateway.toml and gathers what is wrong with them, with places.
/// A value of the wrong type is reported once and then counts as absent. Borrows the document.
class ConfigReader {
 public:
  ConfigReader(const toml::table& document, std::string file) : document_{document}, file_{std::move(file)} {}

  [[nodiscard]] std::optional<ConfigText> text(KeyPath key);
  /// A string, or a list of them that is not empty.
  [[nodiscard]] std::vector<ConfigText> texts(KeyPath key);
  [[nodiscard]] std::optional<bool> flag(KeyPath key);
  [[nodiscard]] std::optional<unsigned> number(KeyPath key, unsigned least, unsigned most);
  [[nodiscard]] const toml::node* find(KeyPath key) const;

  /// The tables of `[[name]]`, or the one of `[name]`.
  [[nodiscard]] std::vector<const toml::table*> tables(std::string_view name);
  /// A reader of one of them, in which its keys are those of the top. What it gathers is to be adopted.
  [[nodiscard]] ConfigReader part(const toml::table& table) const { return ConfigReader{table, file_}; }
  void adopt(ConfigReader&& part);

  /// Reports keys and tables that the reference does not have, and required keys that the file does not have.
  void check_keys();
  void complain(const toml::source_region& place, std::string message, std::string hint = {});
  /// In order of place.
  [[nodiscard]] Diagnostics take_diagnostics();

 private:
  void check_table(std::string_view table, const toml::table& content);
  void check_required();
  void complain_unknown(std::string_view table, const toml::key& key);
  void complain_type(KeyPath key, const toml::node& node, std::string_view wanted);

  const toml::table& document_;
  std::string file_;
  Diagnostics diagnostics_;
};

/// "\"TEXT\"", safe for a terminal.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace sallyport
