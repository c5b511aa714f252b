#include "server/policy/resolver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace sallyport {
namespace {

/// FNV-1a over length-prefixed fields, so that no two lists run into each other.
class Hasher {
 public:
  void add(std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) add_octet((number >> shift) & 0xffU);
  }
  void add(std::string_view text) {
    add(text.size());
    for (const char c : text) add_octet(static_cast<unsigned char>(c));
  }
  void add(const std::vector<NameUse>& names) {
    std::vector<std::string_view> sorted;
    for (const auto& name : names) sorted.push_back(name.text);
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    add(sorted.size());
    for (const auto name : sorted) add(name);
  }
  void add(const std::optional<std::vector<NameUse>>& names) {
    add(std::uint64_t{names.has_value()});
    if (names) add(*names);
  }
  void add(const std::optional<std::chrono::seconds>& limit) {
    add(std::uint64_t{limit.has_value()});
    if (limit) add(static_cast<std::uint64_t>(limit->count()));
  }
  void add(const std::vector<IpPrefix>& prefixes) {
    add(prefixes.size());
    for (const auto& prefix : prefixes) add(prefix.to_string());
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add_octet(std::uint64_t octet) { value_ = (value_ ^ octet) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

void add_rule(Hasher& hasher, const PolicyRule& rule) {
  hasher.add(name_of(rule.kind));
  hasher.add(rule.name);
  hasher.add(rule.who);
  hasher.add(rule.to);
  hasher.add(rule.from);
  hasher.add(rule.not_from);
  hasher.add(rule.devices);
  hasher.add(rule.posture);
  hasher.add(rule.during);
  hasher.add(rule.outside);
  hasher.add(rule.key_age);
  hasher.add(rule.proof_age);
  hasher.add(rule.revocation_age);
  hasher.add(std::uint64_t{rule.until.has_value()});
  if (rule.until) hasher.add(static_cast<std::uint64_t>(rule.until->time_since_epoch().count()));
  hasher.add(static_cast<std::uint64_t>(rule.log));
  hasher.add(static_cast<std::uint64_t>(rule.rollout));
  hasher.add(rule.why);
}

void add_hours(Hasher& hasher, const PolicyHours& hours) {
  hasher.add(hours.name);
  hasher.add(hours.hours.zone ? std::string_view{hours.hours.zone->name()} : std::string_view{});
  hasher.add(hours.hours.windows.size());
  for (const auto& window : hours.hours.windows) {
    hasher.add(std::uint64_t{window.days});
    hasher.add(static_cast<std::uint64_t>(window.from.count()));
    hasher.add(static_cast<std::uint64_t>(window.to.count()));
  }
}

void add_posture(Hasher& hasher, const PolicyPosture& posture) {
  hasher.add(posture.name);
  hasher.add(posture.check.facts.size());
  for (const auto& [fact, value] : posture.check.facts) {
    hasher.add(fact);
    hasher.add(std::uint64_t{value});
  }
  hasher.add(posture.check.os.size());
  for (const auto& [os, versions] : posture.check.os) {
    hasher.add(os);
    hasher.add(versions.to_string());
  }
  hasher.add(std::uint64_t{posture.check.kernel.has_value()});
  if (posture.check.kernel) hasher.add(posture.check.kernel->to_string());
  // Nothing for none: a policy that was written before there were lists keeps its hash.
  for (const auto& name : posture.check.processes) hasher.add("process " + name);
  for (const auto& path : posture.check.files) hasher.add("file " + path);
  hasher.add(posture.check.reported_within);
}

}  // namespace

std::string hash_of(const PolicyDocument& document) {
  Hasher hasher;
  hasher.add(document.groups.size());
  for (const auto& group : document.groups) {
    hasher.add(group.name);
    hasher.add(group.members);
  }
  hasher.add(document.networks.size());
  for (const auto& network : document.networks) {
    hasher.add(network.name);
    hasher.add(network.prefixes);
  }
  hasher.add(document.hours.size());
  for (const auto& hours : document.hours) add_hours(hasher, hours);
  hasher.add(document.postures.size());
  for (const auto& posture : document.postures) add_posture(hasher, posture);
  hasher.add(document.resources.size());
  for (const auto& resource : document.resources) {
    hasher.add(resource.name);
    hasher.add(resource.prefixes);
    hasher.add(resource.services.size());
    for (const auto& range : resource.services) hasher.add((std::uint64_t{range.first} << 32U) | range.last);
    hasher.add(resource.tags.size());
    for (const auto& tag : resource.tags) hasher.add(tag);
  }
  hasher.add(document.rules.size());
  for (const auto& rule : document.rules) add_rule(hasher, rule);
  return fmt::format("{:016x}", hasher.value());
}

}  // namespace sallyport
