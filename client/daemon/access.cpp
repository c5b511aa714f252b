#include "client/daemon/access.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sallyport {
namespace {

constexpr std::size_t kNameBuffer = 16U << 10U;
constexpr int kMaxGroups = 65536;

struct Account {
  std::string name;
  gid_t group;
};

std::optional<Account> account_of(uid_t uid) {
  std::vector<char> buffer(kNameBuffer);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return Account{entry.pw_name, entry.pw_gid};
}

std::vector<gid_t> groups_of(const Account& account) {
  std::vector<gid_t> groups(64);
  auto count = static_cast<int>(groups.size());
  if (::getgrouplist(account.name.c_str(), account.group, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(std::clamp(count, 0, kMaxGroups)));
    count = static_cast<int>(groups.size());
    if (::getgrouplist(account.name.c_str(), account.group, groups.data(), &count) < 0) return {};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

std::optional<Verb> parse_verb(std::string_view text) noexcept {
  if (text == "up") return Verb::Up;
  if (text == "down") return Verb::Down;
  if (text == "status") return Verb::Status;
  if (text == "why") return Verb::Why;
  if (text == "login") return Verb::Login;
  if (text == "posture") return Verb::Posture;
  if (text == "unlock") return Verb::Unlock;
  return std::nullopt;
}

bool Access::allows(uid_t peer, Verb verb) const {
  switch (verb) {
    case Verb::Up:
    case Verb::Down:
    case Verb::Status:  // says who reaches what: no more for strangers than the verbs that change things
    case Verb::Why:
    case Verb::Login:
    case Verb::Posture:
    case Verb::Unlock:
      return peer == 0 || peer == daemon_ || is_member_(peer);
  }
  return false;
}

std::optional<gid_t> user_group() {
  std::vector<char> buffer(kNameBuffer);
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(kUserGroup, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return entry.gr_gid;
}

bool is_member(uid_t uid, gid_t group) {
  const auto account = account_of(uid);
  if (!account) return false;
  const auto groups = groups_of(*account);
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

}  // namespace sallyport
