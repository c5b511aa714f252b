#pragma once

#include "server/policy/document.hpp"

#include <string>
#include <vector>

namespace sallyport {

/// A condition of a rule beyond who and where.
struct RuleCondition {
  std::string key;                  ///< as in the file
  std::vector<std::string> values;  ///< as in the file
  std::string words;                ///< goes after "if": "posture healthy or patched"
  bool always_met = false;          ///< an age in a deny rule: what is older is unknown, and that meets it too
};

/// The conditions of a rule in the order in which the manual lists them.
[[nodiscard]] std::vector<RuleCondition> conditions_of(const PolicyRule& rule);

/// Whether no condition of the rule can ever fail to be met.
[[nodiscard]] bool is_unconditional(const PolicyRule& rule);

/// "[allow.engineers-git]"
[[nodiscard]] std::string title_of(const PolicyRule& rule);

/// "mon-fri 08:00-19:00, sat 10:00-14:00 in Europe/Madrid"
[[nodiscard]] std::string words_of(const WeeklyHours& hours);

/// The lines of a posture check: "disk_encrypted = true", "os debian >=12", "reported within 10m".
[[nodiscard]] std::vector<std::string> lines_of(const PostureCheck& check);

/// "a", "a or b", "a, b or c"; of very many the first and how many more.
[[nodiscard]] std::string one_of(const std::vector<std::string>& names);

[[nodiscard]] std::vector<std::string> texts_of(const std::vector<NameUse>& names);

}  // namespace sallyport
