#pragma once

#include "server/policy/document.hpp"
#include "server/policy/toml_loader.hpp"

#include <string>

namespace sallyport {

/// Reads rules and tests of one file into `document`.
class RuleLoader {
 public:
  RuleLoader(TomlReader& reader, PolicyDocument& document) noexcept : reader_{reader}, document_{document} {}

  void load_rules(RuleKind kind, const toml::node& node);
  void load_tests(const toml::node& node);

 private:
  void load_rule(RuleKind kind, const toml::key& key, const toml::table& table);
  [[nodiscard]] bool load_condition(PolicyRule& rule, std::string_view key, const toml::node& node);
  [[nodiscard]] bool load_age(PolicyRule& rule, std::string_view key, const toml::node& node);
  [[nodiscard]] bool load_remark(PolicyRule& rule, std::string_view key, const toml::node& node);
  [[nodiscard]] bool only_word(const toml::node& node, std::string_view key, std::string_view word);
  [[nodiscard]] std::vector<NameUse> devices(const toml::node& node, std::string_view key);
  void load_test(const toml::table& table);
  [[nodiscard]] bool load_test_key(PolicyTest& test, std::string_view key, const toml::node& node);
  [[nodiscard]] std::string user(const toml::node& node);
  [[nodiscard]] IpAddress address(const toml::node& node);

  TomlReader& reader_;
  PolicyDocument& document_;
};

}  // namespace sallyport
