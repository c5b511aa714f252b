#include "common/base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace sallyport {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = testing::TempDir() + "sallyport-file-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { std::filesystem::remove_all(directory); }
  std::string write(const std::string& name, std::string_view content, mode_t mode) {
    const auto path = directory + "/" + name;
    EXPECT_TRUE(write_file_atomically(path, content, mode).has_value());
    return path;
  }
  std::string directory;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) { EXPECT_EQ(read_file(write("a", "hello", 0644)).value(), "hello"); }

TEST_F(FileTest, RefusesAFileOverTheLimit) { EXPECT_FALSE(read_file(write("a", "hello", 0644), 4).has_value()); }

TEST_F(FileTest, RefusesASecretThatOthersMayRead) {
  const auto secret = read_secret_file(write("key", "k", 0640));
  ASSERT_FALSE(secret.has_value());
  EXPECT_NE(to_string(secret.error()).find("chmod 600"), std::string::npos);
}

TEST_F(FileTest, ReadsASecretOfMode0600) { EXPECT_EQ(read_secret_file(write("key", "k", 0600)).value(), "k"); }

TEST_F(FileTest, RefusesASecretBehindALink) {
  const auto path = write("key", "k", 0600);
  std::filesystem::create_symlink(path, directory + "/link");
  EXPECT_FALSE(read_secret_file(directory + "/link").has_value());
}

TEST_F(FileTest, LetsRootReadWhatBelongsToTheServiceWhoseDirectoryItIs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const auto path = write("key", "k", 0600);
  ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  EXPECT_FALSE(read_secret_file(path).has_value());
  EXPECT_FALSE(require_trusted_path(path).has_value());
  ASSERT_EQ(::chown(directory.c_str(), 65534, 65534), 0);
  EXPECT_TRUE(read_secret_file(path).has_value());
  EXPECT_TRUE(require_trusted_path(path).has_value());
}

TEST_F(FileTest, RefusesADirectoryAsAFile) { EXPECT_FALSE(read_file(directory).has_value()); }

TEST_F(FileTest, RefusesConfigurationThatOthersMayWrite) {
  EXPECT_FALSE(require_trusted_path(write("c", "", 0664)).has_value());
  EXPECT_TRUE(require_trusted_path(write("d", "", 0644)).has_value());
}

TEST_F(FileTest, RefusesConfigurationBelowADirectoryThatOthersMayWrite) {
  namespace fs = std::filesystem;
  const auto open = directory + "/open";
  fs::create_directories(open + "/inner");
  write("open/inner/file", "", 0644);
  const auto file = open + "/inner/file";
  EXPECT_TRUE(require_trusted_path(file).has_value());
  for (const mode_t mode : {0777U, 0775U}) {
    ASSERT_EQ(::chmod(open.c_str(), mode), 0);
    for (const auto& path : {file, open + "/inner"}) {
      const auto refused = require_trusted_path(path);
      ASSERT_FALSE(refused.has_value()) << path;
      EXPECT_EQ(refused.error().message,
                "lies in " + open + ", which others may write, and so replace it; run: chmod go-w " + open);
    }
  }
  ASSERT_EQ(::chmod(open.c_str(), 01777), 0);
  EXPECT_TRUE(require_trusted_path(file).has_value()) << "as in /tmp: only owners take things away";
}

TEST_F(FileTest, RefusesConfigurationThatALinkLeadsToBelowSuchADirectory) {
  namespace fs = std::filesystem;
  fs::create_directories(directory + "/open/inner");
  write("open/inner/file", "", 0644);
  ASSERT_EQ(::chmod((directory + "/open").c_str(), 0777), 0);
  fs::create_symlink(directory + "/open/inner", directory + "/link");
  fs::create_symlink(directory + "/open/inner/file", directory + "/file");
  EXPECT_FALSE(require_trusted_path(directory + "/link/file").has_value());
  EXPECT_FALSE(require_trusted_path(directory + "/file").has_value());
}

TEST_F(FileTest, RefusesConfigurationBelowADirectoryOfAnotherUser) {
  namespace fs = std::filesystem;
  struct stat root {};
  if (::geteuid() != 0 || ::stat("/", &root) != 0 || root.st_uid != 0)
    GTEST_SKIP() << "only root gives directories away";
  const auto theirs = directory + "/theirs";
  fs::create_directories(theirs + "/inner");
  write("theirs/inner/file", "", 0644);
  ASSERT_EQ(::chown(theirs.c_str(), 65534, 65534), 0);
  const auto refused = require_trusted_path(theirs + "/inner/file");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message,
            "lies in " + theirs + ", which belongs to another user, who may replace it; run: chown root " + theirs);
}

TEST_F(FileTest, TrustsWhatIsNamedFromWhereOneIs) {
  const auto before = std::filesystem::current_path();
  write("here", "", 0644);
  std::filesystem::current_path(directory);
  EXPECT_TRUE(require_trusted_path("here").has_value());
  EXPECT_TRUE(require_trusted_path("./here").has_value());
  EXPECT_TRUE(require_trusted_path(".").has_value());
  std::filesystem::current_path(before);
}

TEST_F(FileTest, ReplacesAFileWithoutLeavingTemporaries) {
  write("a", "1", 0644);
  write("a", "2", 0644);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory}, {}), 1);
}

}  // namespace
}  // namespace sallyport
