#include "server/policy/posture_check.hpp"

#include "common/base/text.hpp"

#include <string_view>

namespace sallyport {
namespace {

constexpr std::string_view kUnknown = "unknown";
constexpr std::size_t kLongestShown = 64;

std::string shown(std::string_view reported) {
  return reported.empty() ? std::string{kUnknown} : escape_untrusted(reported, kLongestShown);
}

std::string shown(bool fact) { return fact ? "true" : "false"; }

std::optional<bool> reported_fact(const PostureReport& report, std::string_view key) {
  const auto found = report.facts.find(key);
  return found == report.facts.end() ? std::nullopt : std::optional{found->second};
}

Truth judge_fact(std::optional<bool> reported, bool required) {
  return reported ? truth_of(*reported == required) : Truth::Unknown;
}

Truth judge_version(const VersionRange& range, const Result<OsVersion, std::string>& version) {
  return version ? truth_of(range.contains(*version)) : Truth::Unknown;
}

Truth judge_os(const PostureCheck& check, const PostureReport& report) {
  if (report.os.empty()) return Truth::Unknown;
  const auto found = check.os.find(report.os);
  return found == check.os.end() ? Truth::No : judge_version(found->second, OsVersion::parse(report.os_version));
}

Truth judge_kernel(const VersionRange& range, const PostureReport& report) {
  return judge_version(range, OsVersion::parse_kernel(report.kernel_version));
}

/// The laptop's own system if it is listed, else all that are.
std::string required_os(const PostureCheck& check, const PostureReport& report) {
  const auto own = check.os.find(report.os);
  if (own != check.os.end()) return own->first + ' ' + own->second.to_string();
  std::string text;
  for (const auto& [os, range] : check.os) {
    if (!text.empty()) text += " or ";
    text += os + ' ' + range.to_string();
  }
  return text;
}

std::string actual_os(const PostureReport& report) {
  if (report.os.empty()) return std::string{kUnknown};
  return shown(report.os) + (report.os_version.empty() ? ", version unknown" : ' ' + shown(report.os_version));
}

}  // namespace

std::vector<PostureLine> compare(const PostureCheck& check, const PostureReport& report) {
  std::vector<PostureLine> lines;
  for (const auto& [key, required] : check.facts) {
    const auto reported = reported_fact(report, key);
    lines.push_back(
        {key, shown(required), reported ? shown(*reported) : std::string{kUnknown}, judge_fact(reported, required)});
  }
  if (!check.os.empty()) {
    lines.push_back({"os", required_os(check, report), actual_os(report), judge_os(check, report)});
  }
  if (check.kernel) {
    lines.push_back(
        {"kernel", check.kernel->to_string(), shown(report.kernel_version), judge_kernel(*check.kernel, report)});
  }
  return lines;
}

Truth evaluate(const PostureCheck& check, const PostureReport& report) {
  Truth truth = Truth::Yes;
  for (const auto& [key, required] : check.facts) {
    truth = both(truth, judge_fact(reported_fact(report, key), required));
  }
  if (!check.os.empty()) truth = both(truth, judge_os(check, report));
  if (check.kernel) truth = both(truth, judge_kernel(*check.kernel, report));
  return truth;
}

}  // namespace sallyport
