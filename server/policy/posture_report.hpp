#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sallyport {

/// The questions about a laptop whose answer is yes or no.
inline constexpr std::array<std::string_view, 5> kPostureFacts{"disk_encrypted", "firewall", "screen_lock",
                                                               "automatic_updates", "secure_boot"};

/// What a laptop says of itself. What is empty or absent is unknown. Nothing here is proved: the laptop may lie.
struct PostureReport {
  std::string os;              ///< lower case: "debian", "windows", "macos"
  std::string os_version;      ///< "12", "10.0.22631"
  std::string kernel_version;  ///< "6.1.0-28-amd64"
  std::map<std::string, bool, std::less<>> facts;
  std::map<std::string, bool, std::less<>> processes{};  ///< of those asked about: whether one of that name runs
  std::map<std::string, bool, std::less<>> files{};      ///< of those asked about: whether it is there

  friend bool operator==(const PostureReport&, const PostureReport&) = default;
};

}  // namespace sallyport
