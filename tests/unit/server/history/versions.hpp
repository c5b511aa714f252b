#pragma once

#include "server/history/policy_record.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {

/// Files that differ with `name`.
inline PackedPolicy packed(const std::string& name) {
  auto policy = pack_policy({{"10.toml", "# " + name + "\n"}});
  EXPECT_TRUE(policy.has_value());
  return *policy;
}

inline WallTime at_minute(int minute) { return WallTime{std::chrono::hours{500'000}} + std::chrono::minutes{minute}; }

/// As it would be recorded when the files named `name` come in force.
inline PolicyVersion version_of(const std::string& name, Activation how = Activation::Reload) {
  const auto policy = packed(name);
  return {.number = {},
          .time = at_minute(0),
          .hash = "00c0ffee",
          .digest = policy.digest,
          .size = policy.octets.size(),
          .how = how,
          .restores = {},
          .by = "root"};
}

/// What runs, by the name it was made with: one letter.
inline std::string running_of(const PolicyRecord& record) {
  for (const char name : std::string{"ABCDEFGH"}) {
    if (record.is_running(packed({name}).digest)) return {name};
  }
  return "";
}

}  // namespace sallyport
