#include "server/policy/analysis/warning.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

/// A file that is no policy may have any name.
std::string place_of(const Diagnostic& what) {
  constexpr std::size_t kMaxPath = 4096;
  if (what.file.empty()) return {};
  const auto file = escape_untrusted(what.file, kMaxPath);
  return what.line == 0 ? file + ": " : fmt::format("{}:{}:{}: ", file, what.line, what.column);
}

std::string_view level_of(WarningCode code) { return is_note(code) ? "note" : "warning"; }

}  // namespace

std::string_view name_of(WarningCode code) noexcept {
  switch (code) {
    case WarningCode::NeverMatches:
      return "never_matches";
    case WarningCode::ShadowedAllow:
      return "shadowed_allow";
    case WarningCode::AgeInDeny:
      return "age_in_deny";
    case WarningCode::Overlap:
      return "overlap";
    case WarningCode::Inside:
      return "inside";
    case WarningCode::IdleTest:
      return "idle_test";
    case WarningCode::GuardTest:
      return "guard_test";
    case WarningCode::UntestedRule:
      return "untested_rule";
    case WarningCode::NoTests:
      return "no_tests";
    case WarningCode::UncountedFile:
      return "uncounted_file";
    case WarningCode::Redundant:
      return "redundant";
    case WarningCode::RuleInShadow:
      return "rule_in_shadow";
    case WarningCode::TooIntricate:
      return "too_intricate";
  }
  return "invalid";
}

bool is_note(WarningCode code) noexcept {
  switch (code) {
    case WarningCode::Inside:
    case WarningCode::GuardTest:
    case WarningCode::Redundant:
    case WarningCode::RuleInShadow:
    case WarningCode::TooIntricate:
      return true;
    case WarningCode::NeverMatches:
    case WarningCode::ShadowedAllow:
    case WarningCode::AgeInDeny:
    case WarningCode::Overlap:
    case WarningCode::IdleTest:
    case WarningCode::UntestedRule:
    case WarningCode::NoTests:
    case WarningCode::UncountedFile:
      return false;
  }
  return false;
}

std::string to_string(const PolicyWarnings& warnings) {
  std::string text;
  for (const auto& [code, what] : warnings) {
    text += fmt::format("{}{}: {} [{}]", place_of(what), level_of(code), what.message, name_of(code));
    text += what.hint.empty() ? "\n" : " (" + what.hint + ")\n";
  }
  return text;
}

nlohmann::json to_json(const PolicyWarnings& warnings) {
  auto list = nlohmann::json::array();
  for (const auto& [code, what] : warnings) {
    list.push_back({{"level", level_of(code)},
                    {"code", name_of(code)},
                    {"file", what.file},
                    {"line", what.line},
                    {"column", what.column},
                    {"message", what.message},
                    {"hint", what.hint}});
  }
  return list;
}

}  // namespace sallyport
