#pragma once

#include "server/history/policy_record.hpp"

#include <optional>

namespace sallyport {

/// Why a gateway runs what it runs, beside what its policy directory holds.
enum class PolicyChoice : std::uint8_t {
  Directory,             ///< the directory's files count
  Held,                  ///< the directory still has files that were taken out of force: the running version stays
  Unconfirmed,           ///< at start: nobody confirmed the version on trial; what came before it runs
  HalfInstalled,         ///< at start: the directory is marked as being replaced: the version that ran runs
  AwaitingConfirmation,  ///< at reload: the running version is on trial, and the directory has other files
};

/// A decision, and the version whose kept files it means; nullopt with Directory.
struct PolicySource {
  PolicyChoice choice = PolicyChoice::Directory;
  std::optional<VersionNumber> version;

  friend bool operator==(const PolicySource&, const PolicySource&) = default;
};

/// What a gateway starts with whose directory holds `directory`. Nobody confirms a version while no gateway runs, so a
/// version on trial has ended: what it would have gone back to runs, whatever the directory holds.
[[nodiscard]] PolicySource choose_at_start(const PolicyRecord& record, const PolicyDigest& directory) noexcept;

/// The same when the directory cannot be read. Without a version of its own the start fails.
[[nodiscard]] PolicySource choose_without_directory(const PolicyRecord& record, bool is_half_installed) noexcept;

/// The same for a running gateway that was told to read its files again. Files that run already are the directory's.
[[nodiscard]] PolicySource choose_at_reload(const PolicyRecord& record, const PolicyDigest& directory) noexcept;

}  // namespace sallyport
