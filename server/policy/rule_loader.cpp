#include "server/policy/rule_loader.hpp"

#include "common/base/text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/limits.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::array<std::string_view, 15> kRuleKeys{
    "who",     "to",        "from",           "not_from", "devices", "posture", "during", "outside",
    "key_age", "proof_age", "revocation_age", "until",    "log",     "rollout", "why"};
constexpr std::array<std::string_view, 1> kLaterRuleKeys{"sessions"};
constexpr std::array<std::string_view, 8> kTestKeys{"as", "device", "from", "at", "posture", "proof", "can", "cannot"};

bool is_device_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPolicyName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string title_of(const PolicyRule& rule) {
  return '[' + std::string{name_of(rule.kind)} + '.' + escape_untrusted(rule.name, 80) + ']';
}

}  // namespace

void RuleLoader::load_rules(RuleKind kind, const toml::node& node) {
  const std::string kind_name{name_of(kind)};
  const std::string hint = "write [" + kind_name + ".NAME], then who = ... and to = ...";
  const auto* table = reader_.table(node, quote(kind_name), hint);
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    if (const auto* rule = value.as_table())
      load_rule(kind, key, *rule);
    else
      reader_.error(key.source(), quote(key.str()) + " stands outside of a rule", hint);
  }
}

void RuleLoader::load_rule(RuleKind kind, const toml::key& key, const toml::table& table) {
  reader_.check_name(key, "rule");
  PolicyRule rule;
  rule.kind = kind;
  rule.name = key.str();
  rule.place = reader_.place(key.source());
  const std::string title = title_of(rule);
  for (const auto& [name, node] : table) {
    if (!load_condition(rule, name.str(), node)) reader_.refuse_key(name, KeySet{title, kRuleKeys, kLaterRuleKeys});
  }
  if (!table.contains("who")) {
    reader_.error(key.source(), title + " has no \"who\"", "name a group, an e-mail address or \"everyone\"");
  }
  if (!table.contains("to")) reader_.error(key.source(), title + " has no \"to\"", "name a resource");
  document_.rules.push_back(std::move(rule));
}

bool RuleLoader::load_condition(PolicyRule& rule, std::string_view key, const toml::node& node) {
  if (key == "who")
    rule.who = reader_.people(reader_.some_texts(node, key));
  else if (key == "to")
    rule.to = reader_.some_texts(node, key);
  else if (key == "from")
    rule.from = reader_.some_texts(node, key);
  else if (key == "not_from")
    rule.not_from = reader_.some_texts(node, key);
  else if (key == "devices")
    rule.devices = devices(node, key);
  else if (key == "posture")
    rule.posture = reader_.some_texts(node, key);
  else if (key == "during")
    rule.during = reader_.some_texts(node, key);
  else if (key == "outside")
    rule.outside = reader_.some_texts(node, key);
  else if (key == "until")
    rule.until = reader_.time(node, key);
  else
    return load_age(rule, key, node) || load_remark(rule, key, node);
  return true;
}

bool RuleLoader::load_age(PolicyRule& rule, std::string_view key, const toml::node& node) {
  if (key == "key_age")
    rule.key_age = reader_.age(node, key);
  else if (key == "proof_age")
    rule.proof_age = reader_.age(node, key);
  else if (key == "revocation_age")
    rule.revocation_age = reader_.age(node, key);
  else
    return false;
  return true;
}

/// What does not take part in the decision.
bool RuleLoader::load_remark(PolicyRule& rule, std::string_view key, const toml::node& node) {
  if (key == "why") {
    if (const auto text = reader_.text(node, key)) rule.why = text->text;
  } else if (key == "log") {
    if (only_word(node, key, "flows")) rule.log = FlowLog::Flows;
  } else if (key == "rollout") {
    if (only_word(node, key, "shadow")) rule.rollout = Rollout::Shadow;
  } else {
    return false;
  }
  return true;
}

bool RuleLoader::only_word(const toml::node& node, std::string_view key, std::string_view word) {
  const auto text = reader_.text(node, key);
  if (!text) return false;
  if (text->text == word) return true;
  reader_.error(text->place, quote(key) + " does not take " + quote(text->text),
                "write " + quote(word) + ", or leave the key out");
  return false;
}

std::vector<NameUse> RuleLoader::devices(const toml::node& node, std::string_view key) {
  auto names = reader_.some_texts(node, key);
  for (const auto& name : names) {
    if (name.text.starts_with("tag:")) {
      reader_.error(name.place, "device tags are not available in this version", "list the device ids");
    } else if (!is_device_id(name.text)) {
      reader_.error(name.place, quote(name.text) + " is no device id", "sallyportctl devices list shows the ids");
    }
  }
  return names;
}

void RuleLoader::load_tests(const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr) return reader_.error(node.source(), "\"test\" must be a list of tables", "write [[test]]");
  for (const auto& item : *list) {
    if (const auto* table = reader_.table(item, "\"test\"", "write [[test]]")) load_test(*table);
  }
}

void RuleLoader::load_test(const toml::table& table) {
  PolicyTest test;
  test.place = reader_.place(table.source());
  for (const auto& [name, node] : table) {
    if (!load_test_key(test, name.str(), node)) reader_.refuse_key(name, KeySet{"[[test]]", kTestKeys, {}});
  }
  if (!table.contains("as")) reader_.error(table.source(), "the test has no \"as\"", "say whose access it tests");
  if (!table.contains("can") && !table.contains("cannot")) {
    reader_.error(table.source(), "the test expects nothing", "add \"can\" or \"cannot\"");
  }
  document_.tests.push_back(std::move(test));
}

bool RuleLoader::load_test_key(PolicyTest& test, std::string_view key, const toml::node& node) {
  if (key == "as")
    test.as = user(node);
  else if (key == "from")
    test.from = address(node);
  else if (key == "at")
    test.at = reader_.time(node, key);
  else if (key == "posture")
    test.posture = reader_.texts(node, key);
  else if (key == "proof")
    test.proof = reader_.age(node, key);
  else if (key == "can")
    test.can = reader_.some_texts(node, key);
  else if (key == "cannot")
    test.cannot = reader_.some_texts(node, key);
  else if (key == "device") {
    if (const auto id = reader_.text(node, key)) test.device = id->text;
    if (!is_device_id(test.device)) reader_.error(node.source(), quote(test.device) + " is no device id");
  } else {
    return false;
  }
  return true;
}

std::string RuleLoader::user(const toml::node& node) {
  const auto name = reader_.text(node, "as");
  if (!name) return {};
  if (name->text.find('@') == std::string::npos) {
    reader_.error(name->place, quote(name->text) + " is no e-mail address", "a test acts as one person");
  }
  return reader_.people({*name}).front().text;
}

IpAddress RuleLoader::address(const toml::node& node) {
  const auto text = reader_.text(node, "from");
  if (!text) return {};
  const auto read = IpAddress::parse(text->text);
  if (!read) reader_.error(text->place, quote(text->text) + " is no address", "write the laptop's outer address");
  return read.value_or(IpAddress{});
}

}  // namespace sallyport
