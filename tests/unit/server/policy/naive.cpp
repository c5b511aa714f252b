#include "tests/unit/server/policy/naive.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace sallyport {
namespace {

enum class Answer { No, Yes, Unknown };

/// Principle 6.
bool holds(Answer answer, const PolicyRule& rule) {
  if (answer == Answer::Unknown) return rule.kind == RuleKind::Deny;
  return answer == Answer::Yes;
}

bool is_member(const PolicyDocument& document, const std::string& user, const std::string& name) {
  if (name == "everyone") return true;
  if (name.find('@') != std::string::npos) return !user.empty() && name == user;
  for (const auto& group : document.groups) {
    if (group.name != name) continue;
    for (const auto& member : group.members) {
      if (is_member(document, user, member.text)) return true;
    }
  }
  return false;
}

Answer asks_who(const PolicyDocument& document, const PolicyRule& rule, const Evidence& evidence) {
  for (const auto& name : rule.who) {
    if (is_member(document, evidence.user.text(), name.text)) return Answer::Yes;
  }
  return evidence.user.empty() ? Answer::Unknown : Answer::No;
}

Answer asks_device(const PolicyRule& rule, const Evidence& evidence) {
  if (!rule.devices) return Answer::Yes;
  if (evidence.device.empty()) return Answer::Unknown;
  for (const auto& device : *rule.devices) {
    if (device.text == evidence.device.text()) return Answer::Yes;
  }
  return Answer::No;
}

bool is_unknown(const IpAddress& address) {
  const auto text = address.to_string();
  return text == "0.0.0.0" || text == "::";
}

Answer is_within(const PolicyDocument& document, const std::vector<NameUse>& names, const IpAddress& source) {
  if (is_unknown(source)) return Answer::Unknown;
  for (const auto& name : names) {
    for (const auto& network : document.networks) {
      if (network.name != name.text) continue;
      for (const auto& prefix : network.prefixes) {
        if (prefix.contains(source)) return Answer::Yes;
      }
    }
  }
  return Answer::No;
}

Answer negated(Answer answer) {
  if (answer == Answer::Unknown) return Answer::Unknown;
  return answer == Answer::Yes ? Answer::No : Answer::Yes;
}

bool opens(const ServiceRange& services, const Destination& destination) {
  const unsigned first_protocol = services.first / 65536;
  const unsigned last_protocol = services.last / 65536;
  if (first_protocol == 0 && last_protocol == 255) return true;
  if (first_protocol == 1) return destination.protocol == (destination.address.is_v4() ? 1 : 58);
  return destination.protocol == first_protocol && destination.port >= services.first % 65536 &&
         destination.port <= services.last % 65536;
}

bool leads_to(const PolicyDocument& document, const PolicyRule& rule, const Destination& destination) {
  for (const auto& name : rule.to) {
    if (name.text == "any") return true;
    for (const auto& resource : document.resources) {
      const bool tagged =
          std::find(resource.tags.begin(), resource.tags.end(),
                    name.text.substr(std::min<std::size_t>(4, name.text.size()))) != resource.tags.end();
      if (resource.name != name.text && !(name.text.substr(0, 4) == "tag:" && tagged)) continue;
      for (const auto& prefix : resource.prefixes) {
        if (!prefix.contains(destination.address)) continue;
        for (const auto& services : resource.services) {
          if (opens(services, destination)) return true;
        }
      }
    }
  }
  return false;
}

Answer any(const std::vector<Answer>& answers) {
  bool unknown = false;
  for (const auto answer : answers) {
    if (answer == Answer::Yes) return Answer::Yes;
    unknown = unknown || answer == Answer::Unknown;
  }
  return unknown ? Answer::Unknown : Answer::No;
}

/// The local time of day lies in a window of the day it belongs to, which may be yesterday.
bool is_open(const WeeklyHours& hours, WallTime now) {
  const auto local = now + hours.zone->at(now)->utc;
  for (const auto& window : hours.windows) {
    for (const int back : {0, 1}) {
      const auto day = std::chrono::floor<std::chrono::days>(local) - std::chrono::days{back};
      const auto number = (std::chrono::weekday{day}.iso_encoding() - 1);
      if (((window.days >> number) & 1U) == 0) continue;
      const auto begin = WallTime{day} + window.from;
      const auto end =
          WallTime{day} + window.to + (window.to <= window.from ? std::chrono::hours{24} : std::chrono::hours{0});
      if (begin <= local && local < end) return true;
    }
  }
  return false;
}

Answer is_during(const PolicyDocument& document, const std::vector<NameUse>& names, const Evidence& evidence,
                 WallTime now) {
  if (!evidence.hours_known) return Answer::Unknown;
  for (const auto& name : names) {
    for (const auto& hours : document.hours) {
      if (hours.name == name.text && is_open(hours.hours, now)) return Answer::Yes;
    }
  }
  return Answer::No;
}

Answer is_fresh(std::optional<WallTime> learned, std::chrono::seconds limit, WallTime now) {
  if (!learned || *learned > now) return Answer::Unknown;
  return now - *learned < limit ? Answer::Yes : Answer::Unknown;
}

Answer is_healthy(const PolicyPosture& posture, const Evidence& evidence, WallTime now) {
  const auto& known = evidence.posture;
  if (known.satisfied) {
    for (const auto& name : *known.satisfied) {
      if (name == posture.name) return Answer::Yes;
    }
    return Answer::No;
  }
  if (!known.report || known.reported > now) return Answer::Unknown;
  if (posture.check.reported_within && now - known.reported >= *posture.check.reported_within) return Answer::Unknown;
  bool unknown = false;
  // A name that is not in the report is unknown, one that it denies fails.
  for (const auto& name : posture.check.processes) {
    if (!known.report->processes.contains(name))
      unknown = true;
    else if (!known.report->processes.at(name))
      return Answer::No;
  }
  for (const auto& path : posture.check.files) {
    if (!known.report->files.contains(path))
      unknown = true;
    else if (!known.report->files.at(path))
      return Answer::No;
  }
  for (const auto& [fact, wanted] : posture.check.facts) {
    const auto reported = known.report->facts.find(fact);
    if (reported == known.report->facts.end())
      unknown = true;
    else if (reported->second != wanted)
      return Answer::No;
  }
  return unknown ? Answer::Unknown : Answer::Yes;
}

Answer asks_posture(const PolicyDocument& document, const std::vector<NameUse>& names, const Evidence& evidence,
                    WallTime now) {
  std::vector<Answer> answers;
  for (const auto& name : names) {
    for (const auto& posture : document.postures) {
      if (posture.name == name.text) answers.push_back(is_healthy(posture, evidence, now));
    }
  }
  return any(answers);
}

bool meets_dated(const PolicyDocument& document, const PolicyRule& rule, const Evidence& evidence, WallTime now) {
  if (rule.posture && !holds(asks_posture(document, *rule.posture, evidence, now), rule)) return false;
  if (rule.during && !holds(is_during(document, *rule.during, evidence, now), rule)) return false;
  if (rule.outside && !holds(negated(is_during(document, *rule.outside, evidence, now)), rule)) return false;
  if (rule.key_age && !holds(is_fresh(evidence.key_proved, *rule.key_age, now), rule)) return false;
  if (rule.proof_age && !holds(is_fresh(evidence.user_proved, *rule.proof_age, now), rule)) return false;
  if (rule.revocation_age && !holds(is_fresh(evidence.revocation_as_of, *rule.revocation_age, now), rule)) return false;
  return true;
}

}  // namespace

bool naive_matches(const PolicyDocument& document, const PolicyRule& rule, const Evidence& evidence,
                   const Destination& destination, WallTime now) {
  if (rule.until && now >= *rule.until) return false;
  if (rule.from && !holds(is_within(document, *rule.from, evidence.source), rule)) return false;
  if (rule.not_from && !holds(negated(is_within(document, *rule.not_from, evidence.source)), rule)) return false;
  return holds(asks_device(rule, evidence), rule) && leads_to(document, rule, destination) &&
         holds(asks_who(document, rule, evidence), rule) && meets_dated(document, rule, evidence, now);
}

NaiveAnswer naive_judge(const PolicyDocument& document, const Evidence& evidence, const Destination& destination,
                        WallTime now) {
  if (now >= evidence.certificate_expires) return {DecisionReason::CertificateExpired, false};
  if (document.rules.empty()) return {DecisionReason::NoPolicy, false};
  bool allow = false, deny = false, shadow_allow = false, shadow_deny = false;
  for (const auto& rule : document.rules) {
    if (!naive_matches(document, rule, evidence, destination, now)) continue;
    const bool shadow = rule.rollout == Rollout::Shadow;
    if (rule.kind == RuleKind::Allow)
      (shadow ? shadow_allow : allow) = true;
    else
      (shadow ? shadow_deny : deny) = true;
  }
  const bool verdict = allow && !deny;
  const bool with_shadow = (allow || shadow_allow) && !deny && !shadow_deny;
  if (deny) return {DecisionReason::DeniedByRule, verdict != with_shadow};
  return {allow ? DecisionReason::Allowed : DecisionReason::NoRule, verdict != with_shadow};
}

}  // namespace sallyport
