#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string_view>

namespace sallyport {

/// What may be asked over the local socket.
enum class Verb { Up, Down, Status, Why, Login, Posture, Unlock };
[[nodiscard]] std::optional<Verb> parse_verb(std::string_view text) noexcept;

/// The group whose members may use the tunnel besides root.
inline constexpr const char* kUserGroup = "sallyport";

/// Who may ask. The kernel's word for the peer's uid decides, at every request: neither the mode of the socket file nor
/// what a peer says counts.
class Access {
 public:
  /// `is_member`: whether a uid is in the group of users.
  Access(uid_t daemon, std::function<bool(uid_t)> is_member) : daemon_{daemon}, is_member_{std::move(is_member)} {}

  [[nodiscard]] bool allows(uid_t peer, Verb verb) const;

 private:
  uid_t daemon_;
  std::function<bool(uid_t)> is_member_;
};

/// The id of kUserGroup, if the system has that group.
[[nodiscard]] std::optional<gid_t> user_group();
/// Whether the user database puts `uid` into `group`, as primary or as further group.
[[nodiscard]] bool is_member(uid_t uid, gid_t group);

}  // namespace sallyport
