#pragma once

#include "server/policy/loader.hpp"
#include "server/record/decision_record.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::test {

inline std::shared_ptr<const Policy> policy_of(const std::string& text) {
  const auto loaded = load_policy_texts({{"policy.toml", text}});
  EXPECT_TRUE(loaded) << (loaded ? std::string{} : to_string(loaded.error()));
  return loaded ? loaded->policy : Policy::deny_all();
}

/// What a session with this evidence would tell of a new flow.
inline DecisionRecord judged(const std::shared_ptr<const Policy>& policy, const Evidence& evidence,
                             const Destination& destination, WallTime now) {
  DecisionEvent event;
  event.time = now;
  event.destination = destination;
  event.decision = policy->rights_for(evidence, now)->judge(destination, now);
  event.kind = event.decision.allows() ? DecisionKind::Opened : DecisionKind::Refused;
  if (!event.decision.allows()) event.code = "K7Q2-9XPD";
  event.policy = policy;
  event.evidence = std::make_shared<const Evidence>(evidence);
  return record_of(SessionId{7}, event);
}

inline constexpr const char* kWebPolicy = R"(
version = 1
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
)";
inline constexpr const char* kFreezePolicy = R"(
version = 1
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
[deny.freeze]
who = "ana@example.com"
to  = "web"
)";

inline Evidence ana() {
  return Evidence{.user = UserId{"ana@example.com"},
                  .device = DeviceId{"ana-laptop"},
                  .source = *IpAddress::parse("198.51.100.7"),
                  .certificate_expires = *parse_utc("2027-01-01"),
                  .key_proved = *parse_utc("2026-11-20T08:00:00Z"),
                  .user_proved = {},
                  .revocation_as_of = *parse_utc("2026-11-20"),
                  .posture = {}};
}
inline WallTime morning() { return *parse_utc("2026-11-20T08:01:00Z"); }
inline Destination web() { return *Destination::parse("10.20.4.10:443"); }

}  // namespace sallyport::test
