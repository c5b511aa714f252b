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

TEST_F(FileTest, ReplacesAFileWithoutLeavingTemporaries) {
  write("a", "1", 0644);
  write("a", "2", 0644);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory}, {}), 1);
}

}  // namespace
}  // namespace sallyport
