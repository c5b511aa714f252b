#include "client/config/config_table.hpp"

#include "common/base/text.hpp"

#include <algorithm>

namespace sallyport {

const toml::node* ConfigTable::find(std::string_view key) {
  known_.push_back(key);
  return table_.get(key);
}

std::string ConfigTable::full_name(std::string_view key) const {
  return path_.empty() ? std::string{key} : path_ + '.' + std::string{key};
}

toml::source_region ConfigTable::place_of(std::string_view key) const {
  const auto* node = table_.get(key);
  return node == nullptr ? toml::source_region{} : node->source();
}

void ConfigTable::complain(const toml::source_region& place, std::string message, std::string hint) {
  diagnostics_.push_back({file_, place.begin.line, place.begin.column, std::move(message), std::move(hint)});
}

void ConfigTable::complain_type(const toml::node& node, std::string_view key, std::string_view wanted) {
  complain(node.source(), full_name(key) + " must be " + std::string{wanted});
}

std::optional<LocatedText> ConfigTable::text(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return LocatedText{value->get(), node->source()};
  complain_type(*node, key, "a string");
  return std::nullopt;
}

std::optional<LocatedText> ConfigTable::required_text(std::string_view key, std::string_view example) {
  if (table_.get(key) == nullptr) {
    complain(table_.source(), full_name(key) + " is missing", "add: " + std::string{example});
  }
  return text(key);
}

std::optional<std::vector<LocatedText>> ConfigTable::texts(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return std::vector{LocatedText{value->get(), node->source()}};
  const auto* array = node->as_array();
  if (array == nullptr) {
    complain_type(*node, key, "a string or a list of strings");
    return std::nullopt;
  }
  std::vector<LocatedText> values;
  for (const auto& element : *array) {
    const auto* value = element.as_string();
    if (value == nullptr) {
      complain_type(element, key, "a list of strings");
      return std::nullopt;
    }
    values.push_back({value->get(), element.source()});
  }
  return values;
}

std::optional<bool> ConfigTable::flag(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  complain_type(*node, key, "true or false");
  return std::nullopt;
}

void ConfigTable::require_version(std::int64_t supported) {
  const auto* node = find("version");
  const auto line = "version = " + std::to_string(supported);
  if (node == nullptr) {
    complain({}, "the version of this file's format is missing", "add as the first line: " + line);
    return;
  }
  const auto* value = node->as_integer();
  if (value == nullptr || value->get() != supported) {
    complain(node->source(), "this program reads version " + std::to_string(supported) + " only", "write: " + line);
  }
}

void ConfigTable::for_each_table(std::string_view key,
                                 const std::function<void(const toml::key&, const toml::table&)>& visit) {
  const auto* node = find(key);
  if (node == nullptr) return;
  const auto* tables = node->as_table();
  if (tables == nullptr) {
    complain_type(*node, key, "written as [" + std::string{key} + ".NAME]");
    return;
  }
  for (const auto& [name, value] : *tables) {
    if (const auto* table = value.as_table()) {
      visit(name, *table);
    } else {
      complain(name.source(), full_name(key) + '.' + escape_untrusted(name.str()) + " must be a table",
               "write: [" + std::string{key} + ".NAME]");
    }
  }
}

void ConfigTable::finish() {
  for (const auto& [key, value] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    const auto meant = closest_match(key.str(), known_);
    complain(key.source(), "unknown key \"" + escape_untrusted(full_name(key.str())) + '"',
             meant ? "did you mean \"" + std::string{*meant} + "\"?" : std::string{});
  }
}

}  // namespace sallyport
