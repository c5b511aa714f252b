#include "server/policy/analysis/evidence_trial.hpp"

#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/analysis/posture_relation.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport {
namespace {

/// Items of one kind; a policy that names more near one destination is not searched for all of them.
constexpr std::size_t kMaxItems = 40;

template <class T>
void add_all(std::vector<T>& all, const std::optional<std::vector<T>>& more) {
  if (more) all.insert(all.end(), more->begin(), more->end());
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() > kMaxItems) values.resize(kMaxItems);
}

std::string since_words(std::optional<WallTime> learned) {
  return learned ? "proved at " + format_utc(*learned) : std::string{"never, as far as is known"};
}

}  // namespace

TrialOptions::TrialOptions(const ResolvedPolicy& policy, const std::vector<std::uint32_t>& rules, const Trial& asked)
    : policy_{policy}, asked_{asked} {
  for (const auto index : rules) {
    const auto& rule = policy.rules[index];
    const auto& guard = policy.guards[rule.guard];
    add_all(networks_, rule.from);
    add_all(networks_, rule.not_from);
    add_all(devices_, rule.devices);
    add_all(postures_, guard.posture);
    add_all(hours_, guard.during);
    add_all(hours_, guard.outside);
    groups_.insert(groups_.end(), rule.groups.begin(), rule.groups.end());
    if (const auto until = policy.document.rules[index].until) dates_.push_back(*until);
    asks_key_ = asks_key_ || guard.key_age;
    asks_proof_ = asks_proof_ || guard.proof_age;
    asks_revocation_ = asks_revocation_ || guard.revocation_age;
  }
  for (auto* list : {&networks_, &postures_, &hours_, &groups_}) sort_unique(*list);
  sort_unique(devices_);
  sort_unique(dates_);
}

std::vector<TrialOption> TrialOptions::list() const {
  Options options;
  append_times(options);  // first, for what is fresh must be so at the time that is meant
  append_freshness(options);
  append_postures(options);
  append_sources(options);
  append_devices(options);
  append_groups(options);
  append_certificate(options);
  return options;
}

void TrialOptions::append_age(Options& out, const char* key, std::optional<WallTime> Evidence::*learned) const {
  const auto now_words = since_words(asked_.evidence.*learned);
  out.push_back({{key, now_words, "fresh"}, [learned](Trial& trial) { trial.evidence.*learned = trial.now; }});
  if (asked_.evidence.*learned)
    out.push_back({{key, now_words, "too old"}, [learned](Trial& trial) { (trial.evidence.*learned).reset(); }});
}

void TrialOptions::append_freshness(Options& out) const {
  if (asks_proof_) append_age(out, "proof", &Evidence::user_proved);
  if (asks_key_) append_age(out, "key", &Evidence::key_proved);
  if (asks_revocation_) append_age(out, "revocation", &Evidence::revocation_as_of);
}

void TrialOptions::append_postures(Options& out) const {
  std::vector<std::string> satisfied;
  for (const auto index : postures_) {
    const auto& posture = policy_.document.postures[index];
    if (judge_posture(posture, asked_.evidence, asked_.now).truth == Truth::Yes) satisfied.push_back(posture.name);
  }
  for (const auto index : postures_) append_posture(out, index, satisfied);
}

/// A laptop that satisfies a check satisfies the laxer ones and none that excludes it; one that fails it fails the
/// stricter ones.
void TrialOptions::append_posture(Options& out, std::uint32_t posture,
                                  const std::vector<std::string>& satisfied) const {
  const auto& item = policy_.document.postures[posture];
  std::vector<std::string> follow;
  std::vector<std::string> exclude;
  std::vector<std::string> need;
  for (const auto index : postures_) {
    const auto& other = policy_.document.postures[index];
    if (implies(item.check, other.check)) follow.push_back(other.name);
    if (implies(other.check, item.check)) need.push_back(other.name);
    if (lines_exclude(item.check, other.check)) exclude.push_back(other.name);
  }
  const auto set = [satisfied](Trial& trial, const std::vector<std::string>& hold,
                               const std::vector<std::string>& fail) {
    auto& names = trial.evidence.posture.satisfied;
    if (!names) names = satisfied;
    for (const auto* list : {&hold, &fail}) {
      for (const auto& name : *list) std::erase(*names, name);
    }
    names->insert(names->end(), hold.begin(), hold.end());
  };
  const auto truth = judge_posture(item, asked_.evidence, asked_.now).truth;
  const std::string is = truth == Truth::Yes ? " holds" : truth == Truth::No ? " fails" : " unknown";
  const auto words = [&](const char* to) { return EvidenceChange{"posture", item.name + is, item.name + to}; };
  if (truth != Truth::Yes)
    out.push_back({words(" holds"), [set, follow, exclude](Trial& trial) { set(trial, follow, exclude); }});
  if (truth != Truth::No) out.push_back({words(" fails"), [set, need](Trial& trial) { set(trial, {}, need); }});
}

/// One address for each set of networks that an address can be in.
void TrialOptions::append_sources(Options& out) const {
  if (networks_.empty()) return;
  std::vector<LayerStretch> stretches;
  for (std::uint32_t i = 0; i < networks_.size(); ++i) {
    for (const auto& prefix : policy_.document.networks[networks_[i]].prefixes)
      stretches.push_back({stretch_of(prefix), i});
  }
  const auto& source = asked_.evidence.source;
  const auto is = source.is_unspecified() ? std::string{"unknown"} : source.to_string();
  std::set<std::vector<std::uint32_t>> known;
  sweep_addresses(stretches, [&](const AddressStretch& piece, const std::vector<std::uint32_t>& layers) {
    auto address = piece.first.to_address(piece.version);
    if (address.is_unspecified()) address = piece.last.to_address(piece.version);
    if (known.size() >= kMaxItems || !known.insert(layers).second) return;
    const auto name = [this](std::uint32_t i) { return policy_.document.networks[networks_[i]].name; };
    const auto to =
        layers.empty() ? "outside of " +
                             join_each(networks_, [this](std::uint32_t i) { return policy_.document.networks[i].name; })
                       : "in " + join_each(layers, name);
    out.push_back({{"from", is, to}, [address](Trial& trial) { trial.evidence.source = address; }});
  });
}

void TrialOptions::append_devices(Options& out) const {
  if (devices_.empty()) return;
  const auto& device = asked_.evidence.device;
  const auto is = device.empty() ? std::string{"unknown"} : device.text();
  for (const auto& each : devices_) {
    if (each != device.text())
      out.push_back({{"device", is, each}, [each](Trial& trial) { trial.evidence.device = DeviceId{each}; }});
  }
  // No device has this name: blanks are not allowed.
  out.push_back(
      {{"device", is, "one that no rule names"}, [](Trial& trial) { trial.evidence.device = DeviceId{" "}; }});
}

void TrialOptions::append_groups(Options& out) const {
  const SessionFacts facts{policy_, asked_.evidence};
  for (const auto group : groups_) {
    if (facts.in_group(group)) continue;
    const auto& name = policy_.document.groups[group].name;
    out.push_back(
        {{"group", "not in " + name, "in " + name}, [group](Trial& trial) { trial.joined.push_back(group); }});
  }
}

void TrialOptions::append_certificate(Options& out) const {
  if (asked_.now < asked_.evidence.certificate_expires) return;
  out.push_back({{"certificate", "expired at " + format_utc(asked_.evidence.certificate_expires), "renewed"},
                 [](Trial& trial) { trial.evidence.certificate_expires = kNever; }});
}

}  // namespace sallyport
