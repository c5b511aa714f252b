#include "common/ipc/diagnostics_document.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/self_test.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// The answer to one run of `policy test` in each of its forms.
class TestAnswer {
 public:
  TestAnswer(const Policy& policy, std::vector<ExpectationResult> results)
      : policy_{policy}, document_{policy.resolved().document}, results_{std::move(results)} {
    for (const auto& result : results_) {
      if (result.failure) failures_.push_back(*result.failure);
    }
  }

  [[nodiscard]] const Diagnostics& failures() const noexcept { return failures_; }

  [[nodiscard]] std::string summary() const {
    return fmt::format("{} of {} failed; a gateway would keep the policy it has", failures_.size(),
                       counted(results_.size(), "expectation"));
  }

  /// https://testanything.org/tap-version-14-specification.html
  [[nodiscard]] std::string tap() const {
    auto text = fmt::format("TAP version 14\n1..{}\n", results_.size());
    for (std::size_t i = 0; i < results_.size(); ++i) text += test_point(i + 1, results_[i]);
    return text;
  }

  [[nodiscard]] Json expectations() const {
    Json list = Json::array();
    for (const auto& result : results_) {
      const auto& target = target_of(document_, result);
      const auto& place = target.place;
      list.push_back({{"as", document_.tests[result.test].as},
                      {"to", target.text},
                      {"expected", name_of(result.expected)},
                      {"passed", !result.failure},
                      {"file", file_name(document_, place)},
                      {"line", place.line},
                      {"column", place.column},
                      {"rules", rules_of(result)},
                      {"message", result.failure ? result.failure->message : ""},
                      {"hint", result.failure ? result.failure->hint : ""}});
    }
    return list;
  }

 private:
  [[nodiscard]] std::string test_point(std::size_t number, const ExpectationResult& result) const {
    const auto& target = target_of(document_, result);
    const auto place = to_string(document_, target.place);
    const auto text = escaped(fmt::format(
        "{} {} - {} {} {} ({})\n", result.passed() ? "ok" : "not ok", number, document_.tests[result.test].as,
        result.expected == Verdict::Allow ? "can reach" : "cannot reach", target.text, place));
    if (result.passed()) return text;
    return text + fmt::format("  ---\n  message: {}\n  because: {}\n  at: {}\n  ...\n", quoted(result.failure->message),
                              quoted(result.failure->hint), quoted(place));
  }

  /// A JSON string is a YAML string.
  static std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  /// '#' would begin a directive.
  static std::string escaped(const std::string& text) {
    std::string safe;
    for (const char octet : text) {
      if (octet == '#' || octet == '\\') safe += '\\';
      safe += octet;
    }
    return safe;
  }

  [[nodiscard]] Json rules_of(const ExpectationResult& result) const {
    Json names = Json::array();
    for (const auto index : result.rules) {
      const auto* rule = policy_.rule(index);
      names.push_back(rule == nullptr ? Json(nullptr) : Json(std::string{name_of(rule->kind)} + '.' + rule->name));
    }
    return names;
  }

  const Policy& policy_;
  const PolicyDocument& document_;
  std::vector<ExpectationResult> results_;
  Diagnostics failures_;
};

CtlExit answer_in_json(Ctl& ctl, const TestAnswer& answer, Json document) {
  document["expectations"] = answer.expectations();
  document["failed"] = answer.failures().size();
  if (!answer.failures().empty()) {
    document["ok"] = false;
    document["error"] = answer.summary();
    document["hint"] = "";
    document["diagnostics"] = diagnostics_document(answer.failures());
  }
  ctl.console.document(std::move(document));
  return answer.failures().empty() ? CtlExit::Ok : CtlExit::Failed;
}

}  // namespace

CtlExit test_policy(Ctl& ctl, const TestOptions& options) {
  if (options.tap && ctl.console.json()) {
    return ctl.console.fail(CtlExit::Usage, "--tap and --json are two forms of the answer", "choose one of them");
  }
  const auto directory = policy_directory(ctl, options.files, "name a directory: sallyportctl policy test DIR");
  const auto loaded = directory ? load_untested(ctl, *directory) : std::nullopt;
  if (!loaded) {
    if (options.tap) ctl.console.data("TAP version 14\nBail out! The policy does not load.\n");
    return CtlExit::Failed;
  }
  warn_of_uncounted_files(ctl, *directory);
  const TestAnswer answer{*loaded->policy, run_expectations(*loaded->policy)};
  if (ctl.console.json()) return answer_in_json(ctl, answer, document_of(*loaded, *directory));
  if (options.tap) {
    ctl.console.data(answer.tap());
    return answer.failures().empty() ? CtlExit::Ok : CtlExit::Failed;
  }
  auto failures = answer.failures();
  sort_and_bound(failures);
  if (!failures.empty()) return ctl.console.fail(CtlExit::Failed, answer.summary(), failures);
  ctl.console.say(fmt::format("{} passed\n", counted(loaded->tests, "test")));
  if (loaded->tests == 0) ctl.console.note("Add some: [[test]] with as, can and cannot.\n");
  return CtlExit::Ok;
}

}  // namespace sallyport
