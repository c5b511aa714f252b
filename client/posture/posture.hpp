#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// The questions about a laptop whose answer is yes or no; docs/protocol.md section 11 names them.
inline constexpr std::array<std::string_view, 5> kPostureFactNames{"disk_encrypted", "firewall", "screen_lock",
                                                                   "automatic_updates", "secure_boot"};

/// One thing a collector found out. Unset is unknown: it is then left out of the report, never guessed.
struct PostureFact {
  std::optional<bool> value{};
  std::string source{};  ///< where it was looked for, for the person at the laptop; never sent
  friend bool operator==(const PostureFact&, const PostureFact&) = default;
};

using PostureAnswers = std::map<std::string, std::optional<bool>, std::less<>>;

/// Everything this laptop says of itself, and nothing else leaves it. What is empty or unset is unknown.
struct Posture {
  std::string os;          ///< lower case: "debian", "fedora"
  std::string os_version;  ///< "12.5"
  std::string kernel;      ///< "6.1.0-28-amd64"
  std::map<std::string, PostureFact, std::less<>> facts;
  PostureAnswers processes;  ///< of those the gateway asked about: whether one of that name runs
  PostureAnswers files;      ///< of those the gateway asked about: whether it is there
  friend bool operator==(const Posture&, const Posture&) = default;
};

/// The body of an attestation's answer: what is unknown is not in it.
[[nodiscard]] std::string posture_body(const Posture& posture);

}  // namespace sallyport
