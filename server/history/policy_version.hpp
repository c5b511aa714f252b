#pragma once

#include "common/base/time.hpp"
#include "server/history/packed_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Counts the policies a gateway put in force, from 1.
enum class VersionNumber : std::uint64_t {};
[[nodiscard]] inline std::string to_string(VersionNumber number) {
  return std::to_string(static_cast<std::uint64_t>(number));
}

/// How a version came in force.
enum class Activation : std::uint8_t {
  Start,     ///< found in the policy directory when the gateway started
  Reload,    ///< found there when it was told to read its files again
  Apply,     ///< sallyportctl policy apply
  Revert,    ///< nobody confirmed the version before it
  Rollback,  ///< sallyportctl policy rollback
};
/// "start", "reload", "apply", "revert", "rollback".
[[nodiscard]] std::string_view name_of(Activation how) noexcept;
[[nodiscard]] std::optional<Activation> parse_activation(std::string_view name) noexcept;

/// One policy that was in force.
struct PolicyVersion {
  VersionNumber number{};
  WallTime time{};
  std::string hash;  ///< Policy::hash()
  PolicyDigest digest;
  std::size_t size = 0;  ///< octets of PackedPolicy
  Activation how = Activation::Start;
  /// The version whose files these are, when an older one came back.
  std::optional<VersionNumber> restores;
  std::string by;  ///< who asked: printable, at most kMaxActor characters

  friend bool operator==(const PolicyVersion&, const PolicyVersion&) = default;
};

inline constexpr std::size_t kMaxActor = 120;

}  // namespace sallyport
