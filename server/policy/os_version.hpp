#pragma once

#include "common/base/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// A version of dotted numbers: "12", "10.0.22631". Compares number by number; one that is missing counts as 0.
class OsVersion {
 public:
  OsVersion() = default;  ///< version 0

  /// The error is words for a person.
  [[nodiscard]] static Result<OsVersion, std::string> parse(std::string_view text);
  /// The numbers that a kernel's release begins with: 6.1.0 of "6.1.0-28-amd64".
  [[nodiscard]] static Result<OsVersion, std::string> parse_kernel(std::string_view release);

  [[nodiscard]] std::string to_string() const;
  /// Equal for equal versions, and sorts as they do.
  [[nodiscard]] std::string sort_key() const;

  friend std::strong_ordering operator<=>(const OsVersion& a, const OsVersion& b) noexcept;
  friend bool operator==(const OsVersion& a, const OsVersion& b) noexcept { return (a <=> b) == 0; }

 private:
  std::vector<std::uint32_t> parts_;
};

/// Which versions will do: ">=12", "<14", "==12.1", ">=12, <14" (all must hold). Never empty.
class VersionRange {
 public:
  /// The error is words for a person. A range that no version can meet is one.
  [[nodiscard]] static Result<VersionRange, std::string> parse(std::string_view text);

  [[nodiscard]] bool contains(const OsVersion& version) const noexcept;
  /// What parse reads back.
  [[nodiscard]] std::string to_string() const;
  /// Equal for ranges of the same versions, however they are written; sorts by the least version.
  [[nodiscard]] std::string sort_key() const;
  /// Every version of this one is in `other`.
  [[nodiscard]] bool within(const VersionRange& other) const;
  /// No version is in both.
  [[nodiscard]] bool excludes(const VersionRange& other) const;

  friend bool operator==(const VersionRange&, const VersionRange&) = default;

 private:
  enum class Relation : std::uint8_t { AtLeast, AtMost, Equal, Above, Below };
  struct Bound {
    Relation relation{};
    OsVersion version;
    friend bool operator==(const Bound&, const Bound&) = default;
    [[nodiscard]] bool holds(const OsVersion& other) const noexcept;
  };
  struct Sign {
    std::string_view text;
    Relation relation;
  };
  static const std::array<Sign, 5> kSigns;
  /// The bounds that decide.
  struct Ends {
    Bound least{Relation::AtLeast, {}};
    std::optional<Bound> most;
  };

  VersionRange() = default;
  [[nodiscard]] static Result<Bound, std::string> parse_bound(std::string_view text);
  [[nodiscard]] bool can_hold() const;
  [[nodiscard]] Ends ends() const;

  std::vector<Bound> bounds_;
};

}  // namespace sallyport
