#include "server/history/policy_install.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace sallyport {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

class PolicyInstallTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    std::ofstream{path(name)} << text;
    ::chmod(path(name).c_str(), mode);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  [[nodiscard]] Files files() const {
    Files found;
    for (const auto& entry : fs::directory_iterator{directory_.path()}) {
      const auto name = entry.path().filename().string();
      if (!entry.is_regular_file() || name == ".apply-lock") continue;
      std::ifstream file{entry.path()};
      found[entry.path().filename()] = {std::istreambuf_iterator<char>{file}, {}};
    }
    return found;
  }
  [[nodiscard]] struct stat status_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::lstat(path(name).c_str(), &status), 0);
    return status;
  }
  static void settle(const Result<PolicyInstall, FileError>& install) {
    ASSERT_TRUE(install.has_value()) << to_string(install.error());
    ASSERT_TRUE(install->settle().has_value());
  }
  /// As a process leaves it that is killed behind put().
  void put_and_die(const std::vector<PolicyFile>& files) const {
    ASSERT_TRUE(PolicyInstall::put(directory_.path(), files).has_value());
  }
  TemporaryDirectory directory_;
};

TEST_F(PolicyInstallTest, PutsOtherFilesInPlaceAndTheOldOnesBack) {
  write("10.toml", "old 10");
  write("20.toml", "20");
  write("30.toml", "30");
  write("README", "no policy");
  const auto before = files();
  const auto install = PolicyInstall::put(
      directory_.path(), {{"/home/ana/10.toml", "new 10"}, {"/home/ana/20.toml", "20"}, {"/home/ana/40.toml", "40"}});
  ASSERT_TRUE(install.has_value()) << to_string(install.error());
  auto placed = files();
  placed.erase(kInstallMarker);
  EXPECT_EQ(placed, (Files{{"10.toml", "new 10"}, {"20.toml", "20"}, {"40.toml", "40"}, {"README", "no policy"}}));
  EXPECT_FALSE(install->changed_nothing());
  ASSERT_TRUE(install->undo().has_value());
  EXPECT_EQ(files(), before);
  EXPECT_FALSE(fs::exists(path(kBeforeApply)));
  EXPECT_FALSE(fs::exists(path(".apply-new")));
}

TEST_F(PolicyInstallTest, RootChangesNothingInADirectoryOfSomebodyElse) {
  constexpr uid_t kSomebody = 12'345;
  const auto theirs = path("theirs");
  const auto policy = theirs + "/policy.d";
  fs::create_directories(policy);
  // As when the gateway's user owns all of it: such a directory is good enough to read.
  const bool is_given = ::geteuid() == 0 && ::chown(theirs.c_str(), kSomebody, kSomebody) == 0 &&
                        ::chown(policy.c_str(), kSomebody, kSomebody) == 0;
  if (!is_given) GTEST_SKIP() << "only root gives directories away";
  const auto install = PolicyInstall::put(policy, {{"10.toml", "10"}});
  ASSERT_FALSE(install.has_value());
  EXPECT_NE(install.error().message.find("chown root"), std::string::npos) << install.error().message;
  EXPECT_TRUE(fs::is_empty(policy));
  ASSERT_EQ(::chown(policy.c_str(), 0, 0), 0);
  settle(PolicyInstall::put(policy, {{"10.toml", "10"}}));
}

TEST_F(PolicyInstallTest, MakesTheDirectoryAndTouchesNothingThatIsTheSame) {
  const auto missing = path("policy.d");
  settle(PolicyInstall::put(missing, {{"10.toml", "10"}}));
  const auto inode = status_of("policy.d/10.toml").st_ino;
  const auto again = PolicyInstall::put(missing, {{"/x/10.toml", "10"}});
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->changed_nothing());
  EXPECT_EQ(status_of("policy.d/10.toml").st_ino, inode);
}

TEST_F(PolicyInstallTest, KeepsModeAndOwner) {
  write("10.toml", "secret", 0640);
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::chown(path("10.toml").c_str(), 0, 65534), 0);
  }
  const auto install = PolicyInstall::put(directory_.path(), {{"10.toml", "new"}, {"20.toml", "20"}});
  ASSERT_TRUE(install.has_value());
  EXPECT_EQ(status_of("10.toml").st_mode & 0777U, 0640U);
  EXPECT_EQ(status_of("20.toml").st_mode & 0777U, 0640U) << "a new file is as closed as those beside it";
  if (is_root) {
    EXPECT_EQ(status_of("10.toml").st_gid, 65534U);
  }
  ASSERT_TRUE(install->undo().has_value());
  EXPECT_EQ(status_of("10.toml").st_mode & 0777U, 0640U);
  if (is_root) {
    EXPECT_EQ(status_of("10.toml").st_gid, 65534U);
  }
}

TEST_F(PolicyInstallTest, RefusesToReplaceALink) {
  write("elsewhere", "10");
  fs::create_symlink("elsewhere", path("10.toml"));
  for (const auto* name : {"10.toml", "20.toml"}) {
    const auto install = PolicyInstall::put(directory_.path(), {{name, "new"}});
    ASSERT_FALSE(install.has_value()) << "replaced or removed";
    EXPECT_NE(install.error().message.find("sallyportctl policy apply"), std::string::npos);
    EXPECT_TRUE(fs::is_symlink(path("10.toml")));
    EXPECT_EQ(files().size(), 2U);
  }
}

TEST_F(PolicyInstallTest, PutsEverythingBackWhenOneFileCannotBeWritten) {
  write("10.toml", "old 10");
  write("30.toml", "30");
  const auto before = files();
  const std::string too_long(300, 'x');
  const auto install =
      PolicyInstall::put(directory_.path(), {{"10.toml", "new 10"}, {"20.toml", "20"}, {too_long + ".toml", "x"}});
  EXPECT_FALSE(install.has_value());
  EXPECT_EQ(files(), before);
}

TEST_F(PolicyInstallTest, MarksTheDirectoryUntilSomebodySaysWhatCameOfIt) {
  write("10.toml", "10");
  EXPECT_FALSE(is_half_installed(directory_.path()));
  {
    const auto install = PolicyInstall::put(directory_.path(), {{"10.toml", "new"}});
    ASSERT_TRUE(install.has_value());
    EXPECT_TRUE(is_half_installed(directory_.path()));
    EXPECT_EQ(digest_under_way(directory_.path()), pack_policy({{"10.toml", "new"}})->digest);
    ASSERT_TRUE(install->settle().has_value());
    EXPECT_FALSE(is_half_installed(directory_.path()));
    EXPECT_EQ(files(), (Files{{"10.toml", "new"}}));
    EXPECT_FALSE(fs::exists(path(kBeforeApply)));
  }
  put_and_die({{"10.toml", "newer"}});
  EXPECT_TRUE(is_half_installed(directory_.path())) << "no gateway said that it took them";
  EXPECT_FALSE(is_half_installed(path("missing")));
}

TEST_F(PolicyInstallTest, KnowsTheWayBackOfAnApplyThatWasKilled) {
  write("10.toml", "old 10");
  write("20.toml", "20");
  put_and_die({{"10.toml", "killed"}, {"30.toml", "killed"}});
  const auto install = PolicyInstall::put(directory_.path(), {{"10.toml", "refused"}});
  ASSERT_TRUE(install && install->undo());
  EXPECT_EQ(files(), (Files{{"10.toml", "old 10"}, {"20.toml", "20"}}));
}

TEST_F(PolicyInstallTest, TakesAMarkedDirectoryAsWholeWhenItIsWhatRuns) {
  write("10.toml", "old");
  put_and_die({{"10.toml", "taken"}});
  const auto running = pack_policy({{"10.toml", "taken"}})->digest;
  const auto install = PolicyInstall::put(directory_.path(), {{"10.toml", "refused"}}, running);
  ASSERT_TRUE(install && install->undo());
  EXPECT_EQ(files(), (Files{{"10.toml", "taken"}}));
}

TEST_F(PolicyInstallTest, LeavesHalfAPolicyAsHalfWhenNothingWasKeptOfTheWhole) {
  write("10.toml", "10");
  write(kInstallMarker, "");
  const auto refused = PolicyInstall::put(directory_.path(), {{"10.toml", "newer"}});
  ASSERT_TRUE(refused && refused->undo());
  EXPECT_EQ(files().at("10.toml"), "10");
  EXPECT_TRUE(is_half_installed(directory_.path()));
}

TEST_F(PolicyInstallTest, LetsOneAtATime) {
  write("10.toml", "old");
  {
    const auto first = PolicyInstall::put(directory_.path(), {{"10.toml", "first"}});
    ASSERT_TRUE(first.has_value());
    const auto second = PolicyInstall::put(directory_.path(), {{"20.toml", "second"}});
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().message.find("another sallyportctl policy apply is under way"), std::string::npos);
    EXPECT_EQ(files().at("10.toml"), "first");
    EXPECT_EQ(status_of(".apply-lock").st_mode & 0777U, 0600U);
    settle(first);
  }
  settle(PolicyInstall::put(directory_.path(), {{"20.toml", "second"}}));
  EXPECT_EQ(files(), (Files{{"20.toml", "second"}}));
}

TEST_F(PolicyInstallTest, PutsNothingBackOverWhatSomebodyElseWrote) {
  write("10.toml", "old");
  const auto install = PolicyInstall::put(directory_.path(), {{"10.toml", "new"}});
  ASSERT_TRUE(install.has_value());
  write("10.toml", "by hand");
  const auto undone = install->undo();
  ASSERT_FALSE(undone.has_value());
  EXPECT_NE(undone.error().message.find(path(kBeforeApply)), std::string::npos) << undone.error().message;
  EXPECT_EQ(files().at("10.toml"), "by hand");
  EXPECT_TRUE(is_half_installed(directory_.path())) << "whoever mends it decides";
}

TEST_F(PolicyInstallTest, RefusesADirectoryThatOthersMayWrite) {
  write("10.toml", "old");
  ::chmod(directory_.path().c_str(), 0777);
  EXPECT_FALSE(PolicyInstall::put(directory_.path(), {{"10.toml", "new"}}).has_value());
  EXPECT_EQ(files(), (Files{{"10.toml", "old"}}));
}

}  // namespace
}  // namespace sallyport
