#pragma once

#include "tests/unit/server/store/store_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace sallyport {

inline std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Puts `content` where a database was, with `log` as its write-ahead log, without whatever SQLite kept beside it.
inline void replace_files(const std::string& path, const std::string& content, const std::string& log = {}) {
  namespace fs = std::filesystem;
  for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  std::ofstream{path, std::ios::binary} << content;
  if (!log.empty()) std::ofstream{path + "-wal", std::ios::binary} << log;
  for (const auto* suffix : {"", "-wal"}) {
    if (fs::exists(path + suffix)) fs::permissions(path + suffix, fs::perms::owner_read | fs::perms::owner_write);
  }
}

/// A store whose files are then damaged.
class DamagedStoreTest : public StoreTest {
 protected:
  StoreProblem problem_with(const std::string& content) {
    replace_files(path(), content);
    const auto opened = Store::open(path());
    if (opened) return StoreProblem::Cancelled;
    EXPECT_EQ(opened.error().words.rfind(path() + ": ", 0), 0U) << opened.error().words;
    EXPECT_EQ(opened.error().words.find('\n'), std::string::npos) << opened.error().words;
    return opened.error().problem;
  }
  /// A closed database of ten devices with addresses, each renewed. No table is empty: of one that is, the page may be
  /// cut without harm.
  std::string filled() {
    fill();
    reopen();
    return content_of(path());
  }
  void fill() {
    for (char c = 'a'; c <= 'j'; ++c) {
      const std::string id = std::string{"device-"} + c;
      enroll(id, std::string{"0"} + c);
      EXPECT_TRUE(store().lease(DeviceId{id}, kPools, at_second(c)));
      EXPECT_TRUE(store().renew(renewal_of(id, std::string{"0"} + c, std::string{"1"} + c), at_second(c)));
    }
    EXPECT_TRUE(store().create_token("t1", hash_of(1), grant_of("k@example.com"), at_second(0)));
    EXPECT_TRUE(store().enroll_by_token(hash_of(1), {DeviceId{"k"}, UserId{"k@example.com"}, "0k", at_second(1)},
                                        at_second(0)));
  }
  /// Of the addresses that are there, and of the one that a newcomer gets.
  static void expect_one_owner_each(Store& store) {
    const auto leases = store.leases();
    if (!leases) return;
    std::set<IpAddress> seen;
    for (const auto& [device, lease] : *leases) ASSERT_TRUE(note_addresses(seen, lease)) << device.text();
    if (!store.enroll(enrolment_of("newcomer", "0fff"), Replace::No, at_second(0))) return;
    const auto newcomer = store.lease(DeviceId{"newcomer"}, kPools, at_second(1));
    ASSERT_TRUE(!newcomer || note_addresses(seen, *newcomer)) << newcomer->v4->to_string();
  }

  inline static const PoolPrefixes kPools = pools_of("10.99.0.0/24", "fd00::/64");
};

}  // namespace sallyport
