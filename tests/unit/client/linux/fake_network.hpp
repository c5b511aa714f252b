#pragma once

#include "client/linux/network_change.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

namespace sallyport::test {

/// A machine's network as a list, that tells when it is touched and can refuse.
class FakeNetwork final : public NetworkChanger {
 public:
  NetworkChanges present;
  std::vector<std::string> log;
  std::function<void()> on_touch = [] {};   ///< before and after every change
  std::optional<NetworkChange> broken;      ///< neither added nor removed
  std::optional<NetworkChange> of_another;  ///< taken by somebody else
  bool takes_together = false;              ///< several changes in one step
  /// Interfaces by the names that they were made with, and those that they have now; none: gone.
  std::map<std::string, std::optional<std::string>> moved;
  bool can_tell = true;  ///< whose interface one is
  NetworkChanges gone;   ///< need not be undone
  int all_undone = 0;

  Result<void, SystemError> check(const NetworkChange& change) override {
    if (of_another == change) return fail(SystemError{EEXIST, "taken"});
    return {};
  }
  Result<void, SystemError> apply(const NetworkChange& change) override {
    on_touch();
    if (broken == change) return fail(SystemError{EPERM, "not permitted"});
    log.push_back("+ " + describe(change));
    present.push_back(change);
    on_touch();
    return {};
  }
  bool apply_together(const NetworkChanges& changes) override {
    if (!takes_together || std::any_of(changes.begin(), changes.end(), [this](const auto& c) { return broken == c; }))
      return false;
    on_touch();
    log.push_back("+ " + std::to_string(changes.size()) + " together");
    present.insert(present.end(), changes.begin(), changes.end());
    on_touch();
    return true;
  }
  PutBack restore(const NetworkChanges& changes) override {
    PutBack put_back;
    for (const auto& change : changes) {
      if (std::find(present.begin(), present.end(), change) != present.end()) continue;
      if (const auto done = apply(change); done)
        ++put_back.count;
      else if (!put_back.failure)
        put_back.failure = done.error();
    }
    return put_back;
  }
  Result<std::optional<std::string>, SystemError> find(const TunnelInterface& made) override {
    if (!can_tell) return fail(SystemError{EEXIST, "whose is it"});
    const auto found = moved.find(made.name);
    return found == moved.end() ? std::optional{made.name} : found->second;
  }
  Result<void, SystemError> undo(const NetworkChange& change) override {
    on_touch();
    if (broken == change) return fail(SystemError{EPERM, "not permitted"});
    log.push_back("- " + describe(change));
    present.erase(std::remove(present.begin(), present.end(), change), present.end());
    on_touch();
    return {};
  }
  void note_gone(const NetworkChange& change) override { gone.push_back(change); }
  void note_all_undone() override { ++all_undone; }
};

}  // namespace sallyport::test
