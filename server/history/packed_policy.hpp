#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "server/policy/loader.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// SHA-256 over names and octets of a policy's files, 64 lower-case hex digits. Policy::hash() tells meanings apart,
/// this one tells texts apart.
using PolicyDigest = Name<struct PolicyDigestTag>;

/// Largest policy the history takes: all files together.
inline constexpr std::size_t kMaxPackedPolicy = 64U << 20U;
/// The same with names, lengths and line ends.
inline constexpr std::size_t kMaxPackedOctets = kMaxPackedPolicy + kMaxPolicyFiles * 512;

/// Of a policy without files. Every other one is larger.
inline constexpr std::size_t kEmptyPackedOctets = 25;

/// The files of one policy in one piece, as they are kept and handed over: docs/policy-changes.md has the form.
struct PackedPolicy {
  std::string octets;
  PolicyDigest digest;

  friend bool operator==(const PackedPolicy&, const PackedPolicy&) = default;
};

/// Names lose their directory. The error is one line: too large, or a name that is no policy file's.
[[nodiscard]] Result<PackedPolicy, std::string> pack_policy(std::vector<PolicyFile> files);

/// The files in order of name, each name with `prefix` before it. Takes exactly what pack_policy() makes.
[[nodiscard]] Result<std::vector<PolicyFile>, std::string> unpack_policy(std::string_view octets,
                                                                         const std::string& prefix = {});

/// What sha256sum prints for a file with these octets.
[[nodiscard]] Result<PolicyDigest, std::string> digest_of(std::string_view octets);

[[nodiscard]] bool is_policy_digest(std::string_view text) noexcept;

}  // namespace sallyport
