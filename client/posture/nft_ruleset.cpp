#include "client/posture/nft_ruleset.hpp"

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

using TableName = std::pair<std::string, std::string>;                // family, table
using ChainName = std::tuple<std::string, std::string, std::string>;  // family, table, chain
enum class Verdict { None, Accept, Stop };

std::string text_of(const json& object, const char* key) {
  const auto member = object.find(key);
  const auto* text = member == object.end() ? nullptr : member->get_ptr<const json::string_t*>();
  return text == nullptr ? std::string{} : *text;
}

const json* member_of(const json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && member != object.end() ? &*member : nullptr;
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

/// What a rule does to every packet; None when it has a condition, jumps somewhere or only counts.
Verdict verdict_of(const json& rule) {
  const auto* expressions = member_of(rule, "expr");
  if (expressions == nullptr || !expressions->is_array()) return Verdict::None;
  for (const auto& each : *expressions) {
    if (!each.is_object() || each.empty()) return Verdict::None;
    const auto& what = each.begin().key();
    if (what == "drop" || what == "reject") return Verdict::Stop;
    if (what == "accept") return Verdict::Accept;
    if (what != "counter" && what != "log") return Verdict::None;
  }
  return Verdict::None;
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
    for (const auto& [name, stops] : chains_) {
      const auto& of = std::get<0>(name);
      if ((of == family || of == "inet") && stops == Verdict::Stop) return true;
      const auto policy = policies_.find(name);
      if ((of == family || of == "inet") && stops == Verdict::None && policy->second == "drop") return true;
    }
    return false;
  }

 private:
  void take_table(const json& table) {
    if (is_dormant(table)) dormant_.emplace(text_of(table, "family"), text_of(table, "name"));
  }
  void take_chain(const json& chain) {
    const ChainName name{text_of(chain, "family"), text_of(chain, "table"), text_of(chain, "name")};
    if (text_of(chain, "type") != "filter" || text_of(chain, "hook") != "input") return;
    if (dormant_.contains({std::get<0>(name), std::get<1>(name)})) return;
    chains_.emplace(name, Verdict::None);
    policies_.emplace(name, text_of(chain, "policy"));
  }
  /// The first rule without a condition decides.
  void take_rule(const json& rule) {
    const auto chain = chains_.find(ChainName{text_of(rule, "family"), text_of(rule, "table"), text_of(rule, "chain")});
    if (chain != chains_.end() && chain->second == Verdict::None) chain->second = verdict_of(rule);
  }

  std::set<TableName> dormant_;
  std::map<ChainName, Verdict> chains_;  ///< base chains at the hook
  std::map<ChainName, std::string> policies_;
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
