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
  hasher.add(std::uint64_t{rule.until.has_value()});
  if (rule.until) hasher.add(static_cast<std::uint64_t>(rule.until->time_since_epoch().count()));
  hasher.add(rule.why);
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
  hasher.add(document.resources.size());
  for (const auto& resource : document.resources) {
    hasher.add(resource.name);
    hasher.add(resource.prefixes);
    hasher.add(resource.services.size());
    for (const auto& range : resource.services) hasher.add((std::uint64_t{range.first} << 32U) | range.last);
  }
  hasher.add(document.rules.size());
  for (const auto& rule : document.rules) add_rule(hasher, rule);
  return fmt::format("{:016x}", hasher.value());
}

}  // namespace sallyport
