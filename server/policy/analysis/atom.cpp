#include "server/policy/analysis/atom.hpp"

#include "server/policy/age_limit.hpp"
#include "server/policy/guard.hpp"

#include <algorithm>

namespace sallyport {
namespace {

std::string meaning_of(const PolicyNetwork& network) {
  std::string text;
  for (const auto& prefix : network.prefixes) text += prefix.to_string() + ' ';
  return text;
}

std::string meaning_of(const PostureCheck& check) {
  std::string text;
  for (const auto& [fact, wanted] : check.facts) text += fact + (wanted ? "=true " : "=false ");
  for (const auto& [system, versions] : check.os) text += "os." + system + versions.to_string() + ' ';
  if (check.kernel) text += "kernel" + check.kernel->to_string() + ' ';
  for (const auto& name : check.processes) text += "process:" + name + '\n';
  for (const auto& path : check.files) text += "file:" + path + '\n';
  if (check.reported_within) text += "within " + age_to_text(*check.reported_within);
  return text;
}

std::string meaning_of(const WeeklyHours& hours) {
  std::string text = hours.zone ? hours.zone->name() : std::string{};
  for (const auto& window : hours.windows) {
    text += ' ' + days_to_text(window.days) + ' ' + time_range_to_text(window.from, window.to);
  }
  return text;
}

}  // namespace

Atom device_atom(const std::string& name) { return {AtomKind::Device, name, name, nullptr, 0, {}, {}}; }

Atom network_atom(const ResolvedPolicy& policy, std::uint32_t network) {
  const auto& item = policy.document.networks[network];
  return {AtomKind::Source, meaning_of(item), item.name, &policy, network, {}, {}};
}

Atom posture_atom(const ResolvedPolicy& policy, std::uint32_t posture, AtomKind kind) {
  const auto& item = policy.document.postures[posture];
  return {kind, meaning_of(item.check), item.name, &policy, posture, {}, {}};
}

Atom hours_atom(const ResolvedPolicy& policy, std::uint32_t hours) {
  const auto& item = policy.document.hours[hours];
  return {AtomKind::Hours, meaning_of(item.hours), item.name, &policy, hours, {}, {}};
}

Atom age_atom(AtomKind kind, std::chrono::seconds limit) {
  return {kind, std::to_string(limit.count()), age_to_text(limit), nullptr, 0, limit, {}};
}

Atom date_atom(WallTime date) { return {AtomKind::Before, format_utc(date), format_utc(date), nullptr, 0, {}, date}; }

bool is_so(const Atom& atom, const Evidence& evidence, WallTime now) {
  const auto fresh = [&](std::optional<WallTime> learned) {
    return judge_age(learned, atom.age, now).truth == Truth::Yes;
  };
  switch (atom.kind) {
    case AtomKind::Device:
      return evidence.device.text() == atom.name;
    case AtomKind::Source: {
      const auto& prefixes = atom.policy->document.networks[atom.index].prefixes;
      return std::any_of(prefixes.begin(), prefixes.end(),
                         [&](const IpPrefix& prefix) { return prefix.contains(evidence.source); });
    }
    case AtomKind::Posture:
      return judge_posture(atom.policy->document.postures[atom.index], evidence, now).truth == Truth::Yes;
    case AtomKind::PostureAtBest:
      return judge_posture(atom.policy->document.postures[atom.index], evidence, now).truth != Truth::No;
    case AtomKind::Hours:
      return judge_hours(atom.policy->document.hours[atom.index], evidence, now).truth == Truth::Yes;
    case AtomKind::KeyAge:
      return fresh(evidence.key_proved);
    case AtomKind::ProofAge:
      return fresh(evidence.user_proved);
    case AtomKind::RevocationAge:
      return fresh(evidence.revocation_as_of);
    case AtomKind::Before:
      return now < atom.date;
  }
  return false;
}

std::string words_of(const Atom& atom, bool value, const std::string& name) {
  const auto age = [&](const char* what) {
    return what + (value ? " less than " + name + " ago" : " " + name + " ago or longer, or never");
  };
  switch (atom.kind) {
    case AtomKind::Device:
      return (value ? "on device " : "on a device other than ") + name;
    case AtomKind::Source:
      return (value ? "from " : "not from ") + name;
    case AtomKind::Posture:
      return "posture " + name + (value ? " holds" : " fails or is unknown");
    case AtomKind::PostureAtBest:
      return "posture " + name + (value ? " holds or is unknown" : " fails");
    case AtomKind::Hours:
      return (value ? "during " : "outside ") + name;
    case AtomKind::KeyAge:
      return age("device key proved");
    case AtomKind::ProofAge:
      return age("user proof");
    case AtomKind::RevocationAge:
      return age("revocation list issued");
    case AtomKind::Before:
      return (value ? "before " : "from ") + name + (value ? "" : " on");
  }
  return {};
}

std::string key_of(const Atom& atom, bool value) {
  switch (atom.kind) {
    case AtomKind::Device:
      return "devices";
    case AtomKind::Source:
      return value ? "from" : "not_from";
    case AtomKind::Posture:
    case AtomKind::PostureAtBest:
      return "posture";
    case AtomKind::Hours:
      return value ? "during" : "outside";
    case AtomKind::KeyAge:
      return "key_age";
    case AtomKind::ProofAge:
      return "proof_age";
    case AtomKind::RevocationAge:
      return "revocation_age";
    case AtomKind::Before:
      return "until";
  }
  return {};
}

}  // namespace sallyport
