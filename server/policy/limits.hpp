#pragma once

#include <cstddef>

namespace sallyport {

// Far above any policy written by people, low enough that no file costs us memory, stack or time.
inline constexpr std::size_t kMaxPolicyFileSize = 1U << 20U;
inline constexpr std::size_t kMaxPolicyFiles = 1'000;
inline constexpr std::size_t kMaxPolicyRules = 20'000;
inline constexpr std::size_t kMaxPolicyPrefixes = 200'000;
inline constexpr std::size_t kMaxPolicyTests = 10'000;
/// Sum over resources of prefixes times port ranges: bounds what the rights of one identity cost.
inline constexpr std::size_t kMaxPolicyExpansion = 2'000'000;
/// Distinct combinations of posture, hours and ages: each session evaluates those of its rules.
inline constexpr std::size_t kMaxPolicyGuards = 1'000;
/// Windows of one entry of [hours]: finding out when they open and end costs their square.
inline constexpr std::size_t kMaxHoursWindows = 32;
/// Distinct processes and files of all posture checks: a laptop answers about no more of them.
inline constexpr std::size_t kMaxPolicyPostureNames = 64;
/// Longest name of a group, network, resource, rule or device, and longest e-mail address.
inline constexpr std::size_t kMaxPolicyName = 254;
/// Errors reported of one run; the rest are counted.
inline constexpr std::size_t kMaxPolicyErrors = 1'000;
/// The language needs four: an array in an inline table in an array in a table.
inline constexpr std::size_t kMaxTomlNesting = 16;

}  // namespace sallyport
