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

using Answers = std::map<std::string, bool, std::less<>>;

std::optional<bool> answer_in(const Answers& answers, std::string_view key) {
  const auto found = answers.find(key);
  return found == answers.end() ? std::nullopt : std::optional{found->second};
}

Truth judge_fact(std::optional<bool> reported, bool required) {
  return reported ? truth_of(*reported == required) : Truth::Unknown;
}

/// Whether all of `names` are there.
Truth judge_all(const std::set<std::string>& names, const Answers& answers) {
  Truth truth = Truth::Yes;
  for (const auto& name : names) truth = both(truth, judge_fact(answer_in(answers, name), true));
  return truth;
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

/// `yes` and `no`: how the answer is put into words.
void compare_each(const std::set<std::string>& names, const Answers& answers, const char* kind, const char* yes,
                  const char* no, std::vector<PostureLine>& lines) {
  for (const auto& name : names) {
    const auto there = answer_in(answers, name);
    lines.push_back(
        {kind + name, yes, there ? std::string{*there ? yes : no} : std::string{kUnknown}, judge_fact(there, true)});
  }
}

}  // namespace

std::vector<PostureLine> compare(const PostureCheck& check, const PostureReport& report) {
  std::vector<PostureLine> lines;
  for (const auto& [key, required] : check.facts) {
    const auto reported = answer_in(report.facts, key);
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
  compare_each(check.processes, report.processes, "process ", "running", "not running", lines);
  compare_each(check.files, report.files, "file ", "present", "absent", lines);
  return lines;
}

Truth evaluate(const PostureCheck& check, const PostureReport& report) {
  Truth truth = Truth::Yes;
  for (const auto& [key, required] : check.facts) {
    truth = both(truth, judge_fact(answer_in(report.facts, key), required));
  }
  if (!check.os.empty()) truth = both(truth, judge_os(check, report));
  if (check.kernel) truth = both(truth, judge_kernel(*check.kernel, report));
  truth = both(truth, judge_all(check.processes, report.processes));
  truth = both(truth, judge_all(check.files, report.files));
  return truth;
}

}  // namespace sallyport
