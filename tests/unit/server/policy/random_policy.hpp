#pragma once

#include "server/policy/destination.hpp"
#include "server/policy/document.hpp"
#include "server/policy/evidence.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sallyport {

/// Policies and questions over a universe so small that prefixes nest, ports touch and dates coincide all the time.
class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint64_t seed);

  [[nodiscard]] PolicyDocument document();
  [[nodiscard]] PolicyRule rule(const PolicyDocument& document, RuleKind kind, const std::string& name);
  [[nodiscard]] Evidence evidence();
  /// As the gateway has it of a session: person, device, source and time are known, and posture is a report or unknown,
  /// never a list of checks, for that may be one that no laptop can have.
  [[nodiscard]] Evidence session_evidence();
  [[nodiscard]] PolicyTest test(const PolicyDocument& document);
  [[nodiscard]] Destination destination();
  [[nodiscard]] IpAddress address();
  [[nodiscard]] WallTime time();

  /// From 0 to `bound` - 1.
  [[nodiscard]] std::size_t below(std::size_t bound);
  [[nodiscard]] bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  [[nodiscard]] IpPrefix prefix();
  [[nodiscard]] ServiceRange services();
  [[nodiscard]] std::string user();
  [[nodiscard]] std::chrono::seconds age();
  [[nodiscard]] WeeklyHours hours();
  [[nodiscard]] PostureCheck posture_check();
  [[nodiscard]] PostureEvidence posture();
  [[nodiscard]] std::optional<WallTime> learned();
  void add_dated_conditions(const PolicyDocument& document, PolicyRule& rule);
  [[nodiscard]] std::vector<NameUse> who(const PolicyDocument& document);
  template <class Items>
  [[nodiscard]] std::vector<NameUse> some_names(const Items& items);

  std::mt19937_64 engine_;
  std::vector<std::shared_ptr<const TimeZone>> zones_;
};

/// A fresh seed, or the one in SALLYPORT_TEST_SEED. Print it: it repeats the run.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace sallyport
