#include "server/policy/analysis/posture_relation.hpp"

#include <algorithm>
#include <set>

namespace sallyport {
namespace {

bool os_implies(const PostureCheck& check, const PostureCheck& other) {
  if (other.os.empty()) return true;
  return !check.os.empty() && std::all_of(check.os.begin(), check.os.end(), [&other](const auto& own) {
    const auto same = other.os.find(own.first);
    return same != other.os.end() && own.second.within(same->second);
  });
}

bool os_excludes(const PostureCheck& a, const PostureCheck& b) {
  if (a.os.empty() || b.os.empty()) return false;
  return std::all_of(a.os.begin(), a.os.end(), [&b](const auto& own) {
    const auto same = b.os.find(own.first);
    return same == b.os.end() || own.second.excludes(same->second);
  });
}

}  // namespace

std::string meaning_of(const PostureCheck& check) {
  std::string text;
  for (const auto& [fact, wanted] : check.facts) text += fact + (wanted ? "=true " : "=false ");
  for (const auto& [system, versions] : check.os) text += "os." + system + ' ' + versions.sort_key() + ' ';
  if (check.kernel) text += "kernel " + check.kernel->sort_key() + ' ';
  for (const auto& name : check.processes) text += "process:" + name + '\n';
  for (const auto& path : check.files) text += "file:" + path + '\n';
  if (check.reported_within) text += "within " + std::to_string(check.reported_within->count());
  return text;
}

bool lines_imply(const PostureCheck& check, const PostureCheck& other) {
  const auto asks = [&check](const auto& line) {
    const auto own = check.facts.find(line.first);
    return own != check.facts.end() && own->second == line.second;
  };
  const auto holds_all = [](const std::set<std::string>& own, const std::set<std::string>& asked) {
    return std::includes(own.begin(), own.end(), asked.begin(), asked.end());
  };
  if (!std::all_of(other.facts.begin(), other.facts.end(), asks) || !os_implies(check, other) ||
      !holds_all(check.processes, other.processes) || !holds_all(check.files, other.files))
    return false;
  return !other.kernel || (check.kernel && check.kernel->within(*other.kernel));
}

bool lines_exclude(const PostureCheck& a, const PostureCheck& b) {
  const bool facts_differ = std::any_of(a.facts.begin(), a.facts.end(), [&b](const auto& line) {
    const auto same = b.facts.find(line.first);
    return same != b.facts.end() && same->second != line.second;
  });
  return facts_differ || os_excludes(a, b) || (a.kernel && b.kernel && a.kernel->excludes(*b.kernel));
}

bool is_as_fresh(const PostureCheck& check, const PostureCheck& other) {
  if (!other.reported_within) return true;
  return check.reported_within && *check.reported_within <= *other.reported_within;
}

}  // namespace sallyport
