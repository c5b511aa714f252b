#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/policy/posture_check.hpp"
#include "server/policy/rule_kind.hpp"
#include "server/policy/services.hpp"
#include "server/policy/weekly_hours.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Where something is written. Lines and columns count from 1; line 0 is the file as a whole.
struct Place {
  std::uint32_t file = 0;  ///< index into PolicyDocument::files
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A name as written, not yet looked up.
struct NameUse {
  std::string text;
  Place place;
};

struct PolicyGroup {
  std::string name;
  Place place;
  std::vector<NameUse> members;  ///< user e-mails (they hold '@', lower case), groups, "everyone"
};

struct PolicyNetwork {
  std::string name;
  Place place;
  std::vector<IpPrefix> prefixes;
};

/// An entry of [hours].
struct PolicyHours {
  std::string name;
  Place place;
  WeeklyHours hours;
};

/// [posture.NAME]
struct PolicyPosture {
  std::string name;
  Place place;
  PostureCheck check;
};

struct PolicyResource {
  std::string name;
  Place place;
  std::vector<IpPrefix> prefixes;
  std::vector<ServiceRange> services;
  std::vector<std::string> tags;
};

/// What is recorded of the flows that a rule decides, beside refusals.
enum class FlowLog : std::uint8_t { None, Flows };

/// A rule in shadow is judged and recorded; it opens and closes nothing.
enum class Rollout : std::uint8_t { Enforce, Shadow };

/// [allow.NAME] or [deny.NAME]. An absent condition (nullopt) holds always; a present list is "any of".
struct PolicyRule {
  RuleKind kind = RuleKind::Deny;
  std::string name;
  Place place;
  std::vector<NameUse> who;  ///< groups, user e-mails, "everyone"
  std::vector<NameUse> to;   ///< resources, "tag:NAME"; "any" in a deny rule
  std::optional<std::vector<NameUse>> from;
  std::optional<std::vector<NameUse>> not_from;
  std::optional<std::vector<NameUse>> devices;
  std::optional<std::vector<NameUse>> posture;
  std::optional<std::vector<NameUse>> during;
  std::optional<std::vector<NameUse>> outside;  ///< of all of them
  std::optional<std::chrono::seconds> key_age;
  std::optional<std::chrono::seconds> proof_age;
  std::optional<std::chrono::seconds> revocation_age;
  std::optional<WallTime> until;  ///< from this second on the rule matches nothing
  FlowLog log = FlowLog::None;
  Rollout rollout = Rollout::Enforce;
  std::string why;
};

/// [[test]]
struct PolicyTest {
  Place place;
  std::string as;
  std::string device;                           ///< empty: unknown
  IpAddress from;                               ///< unspecified: unknown
  std::optional<WallTime> at;                   ///< unset: the time of day does not matter to the test
  std::optional<std::vector<NameUse>> posture;  ///< checks that the device satisfies; all others it fails
  std::optional<std::chrono::seconds> proof;    ///< how long ago the person proved presence; unset: never
  std::vector<NameUse> can;                     ///< destinations or RESOURCE:PORT/PROTOCOL
  std::vector<NameUse> cannot;
};

/// What the files say, names not yet looked up.
struct PolicyDocument {
  std::vector<std::string> files;
  std::vector<PolicyGroup> groups;
  std::vector<PolicyNetwork> networks;
  std::vector<PolicyHours> hours;
  std::vector<PolicyPosture> postures;
  std::vector<PolicyResource> resources;
  std::vector<PolicyRule> rules;
  std::vector<PolicyTest> tests;
};

}  // namespace sallyport
