#include "server/history/candidate_file.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/history/versions.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

class CandidateFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return runtime_.file(name); }
  [[nodiscard]] bool takes(const std::string& name) const { return take_candidate(runtime_.path(), name).has_value(); }
  void put(const std::string& name, mode_t mode = 0600) const {
    std::ofstream{path(name), std::ios::binary} << packed("A").octets;
    ::chmod(path(name).c_str(), mode);
  }
  TemporaryDirectory runtime_;
};

TEST_F(CandidateFileTest, ReachesTheGatewayOnceAndLeavesNothing) {
  const auto file = CandidateFile::write(runtime_.path(), runtime_.path(), packed("A"));
  ASSERT_TRUE(file.has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path(file->name()).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto files = take_candidate(runtime_.path(), file->name());
  ASSERT_TRUE(files.has_value()) << files.error();
  EXPECT_EQ(files->at(0).text, "# A\n");
  EXPECT_TRUE(fs::is_empty(runtime_.path()));
  EXPECT_FALSE(takes(file->name()));
}

TEST_F(CandidateFileTest, GoesWithTheOneWhoMadeIt) {
  (void)CandidateFile::write(runtime_.path(), runtime_.path(), packed("A"));
  EXPECT_TRUE(fs::is_empty(runtime_.path()));
}

/// The runtime directory is the client's where a machine runs both.
TEST_F(CandidateFileTest, BelongsToTheOwnerOfTheStateDirectory) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const TemporaryDirectory state;
  ASSERT_EQ(::chown(state.path().c_str(), 65534, 65534), 0);
  const auto file = CandidateFile::write(runtime_.path(), state.path(), packed("A"));
  ASSERT_TRUE(file.has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path(file->name()).c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
}

TEST_F(CandidateFileTest, IsNoOtherFileWhateverTheRequestCallsIt) {
  put("policy-candidate.good");
  put("gateway.key");
  fs::create_directory(path("policy-candidate.d"));
  put("policy-candidate.d/x");
  fs::create_symlink("gateway.key", path("policy-candidate.link"));
  put("policy-candidate.open", 0644);
  for (const auto* name :
       {"", "gateway.key", "../gateway.key", "policy-candidate./../gateway.key", "policy-candidate.d/x",
        "policy-candidate.d", "policy-candidate.link", "policy-candidate.open", "policy-candidate.none"}) {
    EXPECT_FALSE(takes(name)) << name;
  }
  EXPECT_TRUE(fs::exists(path("gateway.key")));
  EXPECT_TRUE(takes("policy-candidate.good"));
}

TEST_F(CandidateFileTest, IsRefusedWhenAnotherUserOwnsIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  put("policy-candidate.theirs");
  ASSERT_EQ(::chown(path("policy-candidate.theirs").c_str(), 65533, 65533), 0);
  ASSERT_EQ(::chown(runtime_.path().c_str(), 65534, 65534), 0);
  EXPECT_FALSE(takes("policy-candidate.theirs"));
}

}  // namespace
}  // namespace sallyport
