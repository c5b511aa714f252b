#include "server/policy/analysis/evidence_trial.hpp"

#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport {
namespace {

/// How many openings, ends and dates ahead are looked at.
constexpr std::size_t kMaxTimes = 24;
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

/// What is known stays as old as it was when the question was asked.
void move_to(Trial& trial, WallTime time) {
  const auto later = time - trial.now;
  auto& evidence = trial.evidence;
  for (auto* learned : {&evidence.key_proved, &evidence.user_proved, &evidence.revocation_as_of}) {
    if (*learned) *learned = **learned + later;
  }
  evidence.posture.reported += later;
  evidence.hours_known = true;
  trial.now = time;
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

std::vector<TrialOption> TrialOptions::list() && {
  add_times();  // first, for what is fresh must be so at the time that is meant
  add_freshness();
  add_postures();
  add_sources();
  add_devices();
  add_groups();
  add_certificate();
  return std::move(options_);
}

void TrialOptions::add(EvidenceChange words, std::function<void(Trial&)> apply) {
  options_.push_back({std::move(words), std::move(apply)});
}

void TrialOptions::add_age(const char* key, std::optional<WallTime> Evidence::*learned) {
  const auto now_words = since_words(asked_.evidence.*learned);
  add({key, now_words, "fresh"}, [learned](Trial& trial) { trial.evidence.*learned = trial.now; });
  if (asked_.evidence.*learned)
    add({key, now_words, "too old"}, [learned](Trial& trial) { (trial.evidence.*learned).reset(); });
}

void TrialOptions::add_freshness() {
  if (asks_proof_) add_age("proof", &Evidence::user_proved);
  if (asks_key_) add_age("key", &Evidence::key_proved);
  if (asks_revocation_) add_age("revocation", &Evidence::revocation_as_of);
}

void TrialOptions::add_postures() {
  std::vector<std::string> satisfied;
  for (const auto index : postures_) {
    const auto& posture = policy_.document.postures[index];
    if (judge_posture(posture, asked_.evidence, asked_.now).truth == Truth::Yes) satisfied.push_back(posture.name);
  }
  for (const auto index : postures_) {
    const auto& posture = policy_.document.postures[index];
    const auto truth = judge_posture(posture, asked_.evidence, asked_.now).truth;
    const std::string is = truth == Truth::Yes ? "holds" : truth == Truth::No ? "fails" : "unknown";
    const auto set = [satisfied, name = posture.name](Trial& trial, bool holds) {
      auto& names = trial.evidence.posture.satisfied;
      if (!names) names = satisfied;
      std::erase(*names, name);
      if (holds) names->push_back(name);
    };
    const auto words = [&](const char* to) {
      return EvidenceChange{"posture", posture.name + ' ' + is, posture.name + ' ' + to};
    };
    if (truth != Truth::Yes) add(words("holds"), [set](Trial& trial) { set(trial, true); });
    if (truth != Truth::No) add(words("fails"), [set](Trial& trial) { set(trial, false); });
  }
}

/// Ascending, all after the time that is asked about.
std::vector<WallTime> TrialOptions::turning_times() const {
  std::set<WallTime> times;
  for (const auto date : dates_) {
    if (date > asked_.now) times.insert(date);
  }
  WallTime time = asked_.now;
  for (std::size_t step = 0; step < kMaxTimes; ++step) {
    WallTime next = kNever;
    for (const auto index : hours_) next = std::min(next, policy_.document.hours[index].hours.at(time).until);
    if (next == kNever) break;
    times.insert(next);
    time = next;
  }
  return {times.begin(), times.end()};
}

std::string TrialOptions::time_words(WallTime time) const {
  std::vector<std::string> turns;
  for (const auto index : hours_) {
    const auto& hours = policy_.document.hours[index];
    const auto before = hours.hours.at(time - std::chrono::seconds{1});
    const auto after = hours.hours.at(time);
    if (before.open != after.open) turns.push_back(hours.name + (after.open ? " opens" : " ends"));
  }
  return format_utc(time) + (turns.empty() ? std::string{} : " (" + join_some(turns) + ')');
}

void TrialOptions::add_times() {
  if (!asked_.evidence.hours_known && !hours_.empty()) {
    add({"at", "any time of day", format_utc(asked_.now)}, [now = asked_.now](Trial& trial) { move_to(trial, now); });
  }
  for (const auto time : turning_times()) {
    add({"at", format_utc(asked_.now), time_words(time)}, [time](Trial& trial) { move_to(trial, time); });
  }
}

/// One address for each set of networks that an address can be in.
void TrialOptions::add_sources() {
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
    add({"from", is, to}, [address](Trial& trial) { trial.evidence.source = address; });
  });
}

void TrialOptions::add_devices() {
  if (devices_.empty()) return;
  const auto& device = asked_.evidence.device;
  const auto is = device.empty() ? std::string{"unknown"} : device.text();
  for (const auto& each : devices_) {
    if (each != device.text())
      add({"device", is, each}, [each](Trial& trial) { trial.evidence.device = DeviceId{each}; });
  }
  // No device has this name: blanks are not allowed.
  add({"device", is, "one that no rule names"}, [](Trial& trial) { trial.evidence.device = DeviceId{" "}; });
}

void TrialOptions::add_groups() {
  const SessionFacts facts{policy_, asked_.evidence};
  for (const auto group : groups_) {
    if (facts.in_group(group)) continue;
    const auto& name = policy_.document.groups[group].name;
    add({"group", "not in " + name, "in " + name}, [group](Trial& trial) { trial.joined.push_back(group); });
  }
}

void TrialOptions::add_certificate() {
  if (asked_.now < asked_.evidence.certificate_expires) return;
  add({"certificate", "expired at " + format_utc(asked_.evidence.certificate_expires), "renewed"},
      [](Trial& trial) { trial.evidence.certificate_expires = kNever; });
}

}  // namespace sallyport
