#pragma once

#include "server/store/store.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sallyport {

inline WallTime at_second(std::int64_t second) { return WallTime{std::chrono::seconds{1'800'000'000 + second}}; }

inline Enrolment enrolment_of(const std::string& id, const std::string& serial) {
  return {DeviceId{id}, UserId{id + "@example.com"}, serial, at_second(90 * 86400)};
}

inline Renewal renewal_of(const std::string& id, const std::string& presented, const std::string& serial) {
  return {DeviceId{id}, UserId{id + "@example.com"}, presented, serial, at_second(180 * 86400)};
}

inline TokenHash hash_of(unsigned token) {
  TokenHash hash{};
  hash[0] = static_cast<std::byte>(token);
  return hash;
}

/// One use within the next hour.
inline TokenGrant grant_of(const std::string& user, unsigned uses = 1) {
  return {.user = UserId{user}, .device = {}, .replace = Replace::No, .uses = uses, .expires_at = at_second(3600)};
}

inline PoolPrefixes pools_of(const char* v4, const char* v6) {
  PoolPrefixes pools;
  if (v4 != nullptr) pools.v4 = IpPrefix::parse(v4);
  if (v6 != nullptr) pools.v6 = IpPrefix::parse(v6);
  return pools;
}

/// Notes the addresses of `lease`; false when one of them was noted before.
inline bool note_addresses(std::set<IpAddress>& seen, const Lease& lease) {
  const bool fresh_v4 = !lease.v4 || seen.insert(*lease.v4).second;
  const bool fresh_v6 = !lease.v6 || seen.insert(*lease.v6).second;
  return fresh_v4 && fresh_v6;
}

/// A store in a directory of its own.
class StoreTest : public testing::Test {
 protected:
  void enroll(const std::string& id, const std::string& serial, Replace replace = Replace::No) {
    const auto done = store().enroll(enrolment_of(id, serial), replace, at_second(0));
    ASSERT_TRUE(done) << done.error().words;
  }
  void set_state(const std::string& id, DeviceState state, std::int64_t second = 0) {
    const auto done = store().set_state(DeviceId{id}, state, at_second(second));
    ASSERT_TRUE(done) << done.error().words;
  }
  std::string v4_of(const std::string& id, const PoolPrefixes& pools, std::int64_t second = 0) {
    const auto lease = store().lease(DeviceId{id}, pools, at_second(second));
    if (!lease) return std::string{name_of(lease.error().problem)};
    return lease->v4 ? lease->v4->to_string() : "none";
  }
  Store& store() {
    if (!store_) {
      auto opened = Store::open_or_create(path());
      if (!opened) ADD_FAILURE() << opened.error().words;
      store_.emplace(std::move(*opened));
    }
    return *store_;
  }
  void reopen() { store_.reset(); }
  [[nodiscard]] std::string path() const { return directory_.file("gateway.db"); }

  TemporaryDirectory directory_;
  std::optional<Store> store_;
};

}  // namespace sallyport
