#include "client/posture/nft_ruleset.hpp"

#include "client/posture/nft_chains.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace sallyport {
namespace {

using nlohmann::json;

/// nft nests about twelve deep.
constexpr int kMaxDepth = 64;

using TableName = std::pair<std::string, std::string>;  // family, table

const json* member_of(const json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && member != object.end() ? &*member : nullptr;
}

std::string text_of(const json& object, const char* key) {
  const auto* member = member_of(object, key);
  const auto* text = member == nullptr ? nullptr : member->get_ptr<const json::string_t*>();
  return text == nullptr ? std::string{} : *text;
}

/// nft 1.0.6 prints the first letter of a single flag and no more.
bool is_harmless(const json& flag) { return flag == "owner" || flag == "o" || flag == "persist" || flag == "p"; }

/// A flag that is not known to be harmless may be the one that puts a table to sleep.
bool is_dormant(const json& table) {
  const auto* flags = member_of(table, "flags");
  if (flags == nullptr) return false;
  if (!flags->is_array()) return !is_harmless(*flags);
  return !std::all_of(flags->begin(), flags->end(), is_harmless);
}

/// Whether the verdict map of a rule may leave the chain: a named one is not looked into.
bool may_leave(const json& map) {
  const auto* data = member_of(map, "data");
  const auto* pairs = data == nullptr ? nullptr : member_of(*data, "set");
  if (pairs == nullptr || !pairs->is_array()) return true;
  return !std::all_of(pairs->begin(), pairs->end(), [](const json& pair) {
    if (!pair.is_array() || pair.size() != 2 || !pair[1].is_object()) return false;
    return !pair[1].contains("return") && !pair[1].contains("goto");
  });
}

/// What an expression decides; Skip: it decides nothing.
NftStep step_of(const std::string& what, const json& value) {
  using Kind = NftStep::Kind;
  if (what == "drop" || what == "reject") return {Kind::Stop};
  if (what == "accept" || what == "queue") return {Kind::Accept};
  if (what == "return") return {Kind::Return};
  if (what == "jump" || what == "goto") return {what == "jump" ? Kind::Jump : Kind::Goto, text_of(value, "target")};
  if (what == "vmap") return {may_leave(value) ? Kind::MayLeave : Kind::Skip};
  return {};
}

/// Expressions that let every packet pass on to the next one. All others are conditions.
bool is_unconditional(const std::string& what) {
  return what == "counter" || what == "log" || what == "mangle" || what == "notrack";
}

/// What is let in or dropped under a condition is not judged; who leaves a chain under one is still to be looked after.
NftStep under_condition(const NftStep& step) {
  const bool leaves = step.kind == NftStep::Kind::Return || step.kind == NftStep::Kind::Goto;
  return {leaves || step.kind == NftStep::Kind::MayLeave ? NftStep::Kind::MayLeave : NftStep::Kind::Skip};
}

NftStep step_of(const json& rule) {
  const auto* expressions = member_of(rule, "expr");
  if (expressions == nullptr || !expressions->is_array()) return {NftStep::Kind::Accept};
  bool has_condition = false;
  for (const auto& each : *expressions) {
    if (!each.is_object() || each.empty()) return {has_condition ? NftStep::Kind::Skip : NftStep::Kind::Accept};
    const auto& what = each.begin().key();
    auto step = step_of(what, each.begin().value());
    has_condition |= what == "vmap";
    if (step.kind != NftStep::Kind::Skip) return has_condition ? under_condition(step) : step;
    has_condition |= !is_unconditional(what);
  }
  return {};
}

/// Reads the objects of a ruleset in the order in which nft prints them: tables, their chains, the rules of those.
class Ruleset {
 public:
  void take(const json& object) {
    if (const auto* table = member_of(object, "table")) take_table(*table);
    if (const auto* chain = member_of(object, "chain")) take_chain(*chain);
    if (const auto* rule = member_of(object, "rule")) take_rule(*rule);
  }

  [[nodiscard]] bool has_wall(const char* family) const {
    std::size_t steps = 0;
    return std::any_of(at_input_.begin(), at_input_.end(), [&](const auto& each) {
      const auto& [name, policy] = each;
      const auto& of = std::get<0>(name);
      return (of == family || of == "inet") && chains_.closes(name, policy == "drop", steps);
    });
  }

 private:
  void take_table(const json& table) {
    if (is_dormant(table)) dormant_.emplace(text_of(table, "family"), text_of(table, "name"));
  }
  void take_chain(const json& chain) {
    const NftChainName name{text_of(chain, "family"), text_of(chain, "table"), text_of(chain, "name")};
    chains_.add(name);
    if (text_of(chain, "type") != "filter" || text_of(chain, "hook") != "input") return;
    if (dormant_.contains({std::get<0>(name), std::get<1>(name)})) return;
    at_input_.emplace(name, text_of(chain, "policy"));
  }
  void take_rule(const json& rule) {
    chains_.add({text_of(rule, "family"), text_of(rule, "table"), text_of(rule, "chain")}, step_of(rule));
  }

  std::set<TableName> dormant_;
  NftChains chains_;
  std::map<NftChainName, std::string> at_input_;  ///< base chains at the hook, and their policies
};

}  // namespace

std::optional<bool> has_input_wall(std::string_view text, bool has_ipv6) {
  bool too_deep = false;
  const auto keep_shallow = [&](int depth, json::parse_event_t, json&) {
    too_deep |= depth >= kMaxDepth;
    return !too_deep;
  };
  const auto document = json::parse(text, keep_shallow, /*allow_exceptions=*/false);
  const auto* objects = too_deep || document.is_discarded() ? nullptr : member_of(document, "nftables");
  if (objects == nullptr || !objects->is_array()) return std::nullopt;
  Ruleset ruleset;
  for (const auto& each : *objects) {
    if (!each.is_object()) return std::nullopt;
    ruleset.take(each);
  }
  return ruleset.has_wall("ip") && (!has_ipv6 || ruleset.has_wall("ip6"));
}

}  // namespace sallyport
