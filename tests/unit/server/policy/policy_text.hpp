#pragma once

#include "server/policy/loader.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

namespace sallyport {

/// The policy in `text`; a text that does not load fails the test and denies everything.
[[nodiscard]] inline std::shared_ptr<const Policy> policy_of(std::string_view text) {
  const auto loaded = load_policy_texts({{"p.toml", std::string{text}}});
  EXPECT_TRUE(loaded.has_value()) << (loaded ? std::string{} : to_string(loaded.error()));
  return loaded ? loaded->policy : Policy::deny_all();
}

/// All that is wrong with `text`, one line each.
[[nodiscard]] inline std::string errors_of(std::string_view text) {
  const auto loaded = load_policy_texts({{"p.toml", std::string{text}}});
  return loaded ? std::string{} : to_string(loaded.error());
}

[[nodiscard]] inline Destination to(std::string_view text) {
  const auto destination = Destination::parse(text);
  EXPECT_TRUE(destination.has_value()) << text;
  return destination.value_or(Destination{});
}

[[nodiscard]] inline Evidence as(std::string user, std::string device = "laptop-1",
                                 std::string_view source = "192.0.2.7") {
  return Evidence{UserId{std::move(user)}, DeviceId{std::move(device)}, IpAddress::parse(source).value_or(IpAddress{}),
                  kNever};
}

[[nodiscard]] inline WallTime at(std::string_view text) { return parse_utc(text).value(); }
inline const WallTime kToday = at("2026-11-21T12:00:00Z");

[[nodiscard]] inline Decision ask(const Policy& policy, const Evidence& evidence, std::string_view destination,
                                  WallTime now = kToday) {
  return policy.rights_for(evidence, now)->judge(to(destination), now);
}

/// "10.0.0.0-10.0.0.255 fd00::1-fd00::1"
[[nodiscard]] inline std::string text_of(const std::vector<IpRange>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    text += (text.empty() ? "" : " ") + range.first.to_string() + '-' + range.last.to_string();
  }
  return text;
}

}  // namespace sallyport
