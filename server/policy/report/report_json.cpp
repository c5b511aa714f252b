#include "server/policy/report/policy_report.hpp"

#include "server/policy/diagnostic_list.hpp"
#include "server/policy/report/rule_words.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sallyport {
namespace {

using nlohmann::json;

class ReportJson {
 public:
  explicit ReportJson(const PolicyReport& report) : report_{report}, document_{report.document()} {}

  json run() const {
    return {{"directory", report_.directory},
            {"policy", report_.policy->hash()},
            {"at", format_utc(report_.at)},
            {"files", report_.files},
            {"groups", each(document_.groups, [this](const auto& item) { return group(item); })},
            {"networks", each(document_.networks, [this](const auto& item) { return network(item); })},
            {"hours", each(document_.hours, [this](const auto& item) { return hours(item); })},
            {"postures", each(document_.postures, [this](const auto& item) { return posture(item); })},
            {"resources", each(document_.resources, [this](const auto& item) { return resource(item); })},
            {"rules", rules()},
            {"rows", each(report_.rows, [this](const auto& item) { return row(item); })},
            {"rows_left_off", each(report_.left_off, [](const auto& item) { return left_off(item); })},
            {"groups_as_everyone", report_.as_everyone},
            {"overlaps_complete", report_.overlaps_complete},
            {"tests", tests()},
            {"failed", report_.failed_expectations()},
            {"untested_rules", titles(report_.untested_rules())}};
  }

 private:
  template <class Items, class ToJson>
  static json each(const Items& items, ToJson to_json) {
    json list = json::array();
    for (const auto& item : items) list.push_back(to_json(item));
    return list;
  }

  static json texts(const std::vector<IpPrefix>& prefixes) {
    return each(prefixes, [](const IpPrefix& prefix) { return prefix.to_string(); });
  }

  json titles(const std::vector<RuleIndex>& rules) const {
    return each(rules, [this](RuleIndex rule) { return title_of(*report_.policy->rule(rule)); });
  }

  /// An object with the name and the place of something in the files.
  template <class Item>
  json named(const Item& item, json members) const {
    members["name"] = item.name;
    members["file"] = file_name(document_, item.place);
    members["line"] = item.place.line;
    return members;
  }

  json group(const PolicyGroup& group) const { return named(group, {{"members", texts_of(group.members)}}); }
  json network(const PolicyNetwork& network) const { return named(network, {{"net", texts(network.prefixes)}}); }
  json hours(const PolicyHours& hours) const { return named(hours, {{"words", words_of(hours.hours)}}); }
  json posture(const PolicyPosture& posture) const { return named(posture, {{"lines", lines_of(posture.check)}}); }
  json resource(const PolicyResource& resource) const {
    return named(resource, {{"net", texts(resource.prefixes)},
                            {"ports", each(resource.services, [](const auto& range) { return to_string(range); })},
                            {"tags", resource.tags}});
  }

  json rules() const {
    json list = json::array();
    for (std::uint32_t i = 0; i < document_.rules.size(); ++i) list.push_back(rule(i));
    return list;
  }

  json rule(std::uint32_t index) const {
    const auto& rule = document_.rules[index];
    return named(rule, {{"kind", name_of(rule.kind)},
                        {"who", texts_of(rule.who)},
                        {"to", texts_of(rule.to)},
                        {"conditions", each(conditions_of(rule),
                                            [](const RuleCondition& condition) {
                                              return json{{"key", condition.key},
                                                          {"values", condition.values},
                                                          {"words", condition.words},
                                                          {"always_met", condition.always_met}};
                                            })},
                        {"why", rule.why},
                        {"log", rule.log == FlowLog::Flows ? json("flows") : json(nullptr)},
                        {"shadow", rule.rollout == Rollout::Shadow},
                        {"ended", report_.has_ended(rule)},
                        {"expectations", report_.exercised_by[index].size()}});
  }

  json row(const ReportRow& row) const {
    return {{"kind", name_of(row.kind)},
            {"name", row.name},
            {"cells", each(row.cells, [this](const ReportCell& item) { return cell(item); })}};
  }

  static json left_off(const LeftOffRow& row) { return {{"kind", name_of(row.kind)}, {"name", row.name}}; }

  json cell(const ReportCell& cell) const {
    return {{"resource", document_.resources[cell.resource].name},
            {"answer", name_of(cell.answer)},
            {"rules", each(cell.rules, [this](const CellRule& item) { return cell_rule(item); })},
            {"left_off", cell.left_off},
            {"and_everyones", cell.and_everyones}};
  }

  json cell_rule(const CellRule& rule) const {
    return {{"rule", title_of(*report_.policy->rule(rule.rule))},
            {"whole", rule.whole},
            {"through", each(rule.through, [this](std::uint32_t item) { return document_.resources[item].name; })},
            {"through_left_off", rule.through_left_off}};
  }

  json tests() const {
    json list = each(document_.tests, [this](const PolicyTest& item) { return test(item); });
    for (const auto& result : report_.expectations) list[result.test]["expectations"].push_back(expectation(result));
    return list;
  }

  json test(const PolicyTest& test) const {
    return {{"as", test.as},
            {"device", test.device.empty() ? json(nullptr) : json(test.device)},
            {"from", test.from.is_unspecified() ? json(nullptr) : json(test.from.to_string())},
            {"at", test.at ? json(format_utc(*test.at)) : json(nullptr)},
            {"posture", test.posture ? json(texts_of(*test.posture)) : json(nullptr)},
            {"proof_seconds", test.proof ? json(test.proof->count()) : json(nullptr)},
            {"file", file_name(document_, test.place)},
            {"line", test.place.line},
            {"expectations", json::array()}};
  }

  json expectation(const ExpectationResult& result) const {
    const auto& test = document_.tests[result.test];
    const auto& targets = result.expected == Verdict::Allow ? test.can : test.cannot;
    return {{"expected", name_of(result.expected)},
            {"target", targets[result.target].text},
            {"passed", result.passed()},
            {"message", result.failure ? json(result.failure->message) : json(nullptr)},
            {"hint", result.failure ? json(result.failure->hint) : json(nullptr)},
            {"rules", titles(result.rules)}};
  }

  const PolicyReport& report_;
  const PolicyDocument& document_;
};

}  // namespace

json to_json(const PolicyReport& report) { return ReportJson{report}.run(); }

}  // namespace sallyport
