#include "server/config/config_reader.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <tuple>

namespace sallyport {
namespace {

std::string dotted(KeyPath key) {
  return key.table.empty() ? std::string{key.name} : std::string{key.table} + '.' + std::string{key.name};
}

bool is_table_name(std::string_view name) {
  const auto keys = gateway_config_keys();
  return !name.empty() && std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.table == name; });
}

/// Those that may be written as [[name]], several times.
bool is_repeated_table(std::string_view name) { return name == "authority"; }

std::vector<std::string_view> names_in(std::string_view table) {
  std::vector<std::string_view> names;
  for (const auto& key : gateway_config_keys()) {
    if (key.table == table) names.push_back(key.name);
    if (table.empty() && !key.table.empty()) names.push_back(key.table);
  }
  return names;
}

std::string hint_for_unknown(std::string_view table, std::string_view name) {
  for (const auto& key : gateway_config_keys()) {
    if (key.name != name || key.table == table) continue;
    if (key.table.empty()) return "it belongs above the first line in brackets";
    return "it belongs below [" + std::string{key.table} + "]";
  }
  const auto names = names_in(table);
  const auto meant = closest_match(name, names);
  return meant ? "did you mean \"" + std::string{*meant} + "\"?" : std::string{};
}

}  // namespace

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text) + '"'; }

const toml::node* ConfigReader::find(KeyPath key) const {
  if (key.table.empty()) return document_.get(key.name);
  const auto* table = document_.get_as<toml::table>(key.table);
  return table == nullptr ? nullptr : table->get(key.name);
}

std::optional<ConfigText> ConfigReader::text(KeyPath key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return ConfigText{value->get(), node->source()};
  complain_type(key, *node, "a string");
  return std::nullopt;
}

std::vector<ConfigText> ConfigReader::texts(KeyPath key) {
  const auto* node = find(key);
  if (node == nullptr) return {};
  if (const auto* value = node->as_string()) return {{value->get(), node->source()}};
  const auto* array = node->as_array();
  if (array == nullptr || array->empty()) {
    complain_type(key, *node, array == nullptr ? "a string or a list of strings" : "a list that is not empty");
    return {};
  }
  std::vector<ConfigText> values;
  for (const auto& element : *array) {
    if (const auto* value = element.as_string()) {
      values.push_back({value->get(), element.source()});
    } else {
      complain_type(key, element, "a list of strings");
    }
  }
  return values;
}

std::optional<bool> ConfigReader::flag(KeyPath key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  complain_type(key, *node, "true or false");
  return std::nullopt;
}

std::optional<unsigned> ConfigReader::number(KeyPath key, unsigned least, unsigned most) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= least && value->get() <= most) return static_cast<unsigned>(value->get());
  complain_type(key, *node, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::vector<const toml::table*> ConfigReader::tables(std::string_view name) {
  std::vector<const toml::table*> found;
  const auto* node = document_.get(name);
  if (node == nullptr) return found;
  if (const auto* table = node->as_table()) found.push_back(table);
  const auto* array = node->as_array();
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto* table = array->get(i)->as_table()) found.push_back(table);
  }
  return found;
}

void ConfigReader::adopt(ConfigReader&& part) {
  for (auto& diagnostic : part.diagnostics_) diagnostics_.push_back(std::move(diagnostic));
}

void ConfigReader::check_keys() {
  check_table({}, document_);
  for (const auto& [name, node] : document_) {
    // audit = PATH says what [audit] file says.
    if (!is_table_name(name.str()) || (name.str() == "audit" && node.is_string())) continue;
    const bool may_repeat = is_repeated_table(name.str()) && node.is_array_of_tables();
    if (node.is_table() || may_repeat) {
      for (const auto* table : tables(name.str())) check_table(name.str(), *table);
    } else {
      complain(name.source(), std::string{name.str()} + " must be a table", "write: [" + std::string{name.str()} + "]");
    }
  }
  check_required();
}

void ConfigReader::check_table(std::string_view table, const toml::table& content) {
  for (const auto& [key, node] : content) {
    if (table.empty() && is_table_name(key.str())) continue;
    if (find_gateway_config_key(table, key.str()) == nullptr) complain_unknown(table, key);
  }
}

void ConfigReader::check_required() {
  for (const auto& key : gateway_config_keys()) {
    if (!key.is_required() || find({key.table, key.name}) != nullptr) continue;
    complain({}, std::string{key.name} + " is missing",
             "add: " + std::string{key.name} + " = " + std::string{key.example});
  }
}

void ConfigReader::complain_unknown(std::string_view table, const toml::key& key) {
  complain(key.source(), "unknown key " + in_quotes(dotted({table, key.str()})), hint_for_unknown(table, key.str()));
}

void ConfigReader::complain_type(KeyPath key, const toml::node& node, std::string_view wanted) {
  complain(node.source(), dotted(key) + " must be " + std::string{wanted});
}

void ConfigReader::complain(const toml::source_region& place, std::string message, std::string hint) {
  diagnostics_.push_back({file_, place.begin.line, place.begin.column, std::move(message), std::move(hint)});
}

Diagnostics ConfigReader::take_diagnostics() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(diagnostics_);
}

}  // namespace sallyport
