#include "server/history/policy_store.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/history/versions.hpp"

#include <sys/mount.h>

#include <filesystem>
#include <fstream>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDisk = 256 * 1024;
constexpr std::size_t kPage = 4096;

PackedPolicy large() { return *pack_policy({{"10.toml", "# new\n" + std::string(5 * kPage, 'x') + '\n'}}); }

PolicyVersion version_with(const PackedPolicy& policy) {
  auto version = version_of("A", Activation::Apply);
  version.digest = policy.digest;
  version.size = policy.octets.size();
  return version;
}

/// A history on a file system of its own, which a file beside it fills.
class PolicyStoreFullDisk : public testing::Test {
 protected:
  void SetUp() override {
    const auto size = "size=" + std::to_string(kDisk);
    if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, size.c_str()) != 0) GTEST_SKIP() << "no mount here";
    is_mounted_ = true;
    record_.take(version_of("A"));
    ASSERT_TRUE(store_.keep(packed("A")).has_value());
    ASSERT_TRUE(store_.save(record_).has_value());
  }
  void TearDown() override {
    if (is_mounted_) ::umount(directory_.path().c_str());
  }

  /// All of the disk but `pages`.
  void fill_but(std::size_t pages) const {
    fs::remove(filler());
    std::error_code error;
    const auto room = fs::space(directory_.path(), error).available;
    const auto size = room > pages * kPage ? room - pages * kPage : 0;
    std::ofstream file{filler(), std::ios::binary};
    const std::string page(kPage, 'f');
    for (std::size_t written = 0; written + kPage <= size; written += kPage) file << page;
    file.flush();
  }
  [[nodiscard]] std::string filler() const { return directory_.file("filler"); }

  TemporaryDirectory directory_;
  PolicyStore store_{directory_.file("policy")};
  PolicyRecord record_;
  bool is_mounted_ = false;
};

TEST_F(PolicyStoreFullDisk, KeepsTheOldHistoryWholeOrHasTheNewOneWhole) {
  const auto policy = large();
  PolicyRecord next = record_;
  next.take(version_with(policy));
  std::size_t refused = 0;
  std::size_t taken = 0;
  for (std::size_t pages = 0; pages < 12; ++pages) {
    fill_but(pages);
    const auto kept = store_.keep(policy);
    const auto saved = kept ? store_.save(next) : kept;
    const auto loaded = store_.load();
    ASSERT_TRUE(loaded && *loaded) << pages << " pages left";
    EXPECT_EQ(**loaded, saved ? next : record_) << pages << " pages left";
    for (const auto& version : (*loaded)->versions())
      EXPECT_TRUE(store_.files(version.digest).has_value()) << pages << " pages left";
    if (!saved) {
      ++refused;
      EXPECT_NE(saved.error().message.find("No space left"), std::string::npos) << to_string(saved.error());
      for (const auto& entry : fs::directory_iterator{directory_.file("policy")}) {
        const auto name = entry.path().filename().string();
        EXPECT_TRUE(name == "record" || is_policy_digest(name)) << "left over: " << name;
      }
      continue;
    }
    ++taken;
    fs::remove(filler());
    ASSERT_TRUE(store_.save(record_).has_value());
  }
  EXPECT_GT(refused, 0U);
  EXPECT_GT(taken, 0U);
}

}  // namespace
}  // namespace sallyport
