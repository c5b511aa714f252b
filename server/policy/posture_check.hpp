#pragma once

#include "server/policy/os_version.hpp"
#include "server/policy/posture_report.hpp"
#include "server/policy/truth.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sallyport {

/// One [posture.NAME] of the policy: all of it must hold.
struct PostureCheck {
  std::map<std::string, bool, std::less<>> facts;       ///< the answer that each of kPostureFacts must have
  std::map<std::string, VersionRange, std::less<>> os;  ///< empty: any system; else one of these, in its versions
  std::optional<VersionRange> kernel;
  std::set<std::string> processes{};                    ///< base names: each must run
  std::set<std::string> files{};                        ///< absolute paths: each must be there
  std::optional<std::chrono::seconds> reported_within;  ///< greatest age of the report

  friend bool operator==(const PostureCheck&, const PostureCheck&) = default;
};

/// One line of a check beside what the report says of it.
struct PostureLine {
  std::string key;
  std::string required;
  std::string actual;  ///< printable, whatever the laptop sent
  Truth truth = Truth::Unknown;
};

/// Every line but `reported_within`: a report does not know its age.
[[nodiscard]] std::vector<PostureLine> compare(const PostureCheck& check, const PostureReport& report);
/// No if any of these lines is No, else Unknown if any is, else Yes.
[[nodiscard]] Truth evaluate(const PostureCheck& check, const PostureReport& report);

}  // namespace sallyport
