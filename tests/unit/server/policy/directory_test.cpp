#include "common/base/file.hpp"
#include "server/policy/limits.hpp"
#include "server/policy/policy_directory.hpp"
#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace sallyport {
namespace {

class PolicyDirectory : public testing::Test {
 protected:
  PolicyDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "sallyport-policy-XXXXXX";
    path_ = ::mkdtemp(name.data());
    ::chmod(path_.c_str(), 0755);
  }
  ~PolicyDirectory() override { std::filesystem::remove_all(path_); }
  PolicyDirectory(const PolicyDirectory&) = delete;
  PolicyDirectory& operator=(const PolicyDirectory&) = delete;

  void write(const std::string& name, std::string_view text, mode_t mode = 0644) {
    ASSERT_TRUE(write_file_atomically(path_ + "/" + name, text, mode).has_value());
  }
  std::string errors() const {
    const auto loaded = load_policy(path_);
    const auto words = loaded ? std::string{} : to_string(loaded.error());
    const auto texts = read_policy_directory(path_);
    EXPECT_EQ(texts ? std::string{} : to_string(texts.error()), words) << "who reads texts alone is told the same";
    return words;
  }

  std::string path_;
};

constexpr std::string_view kResources = "version = 1\n[resources]\nweb = { net = \"10.0.0.1\", ports = \"any\" }\n";
constexpr std::string_view kRule =
    "version = 1\n[allow.x]\nwho = \"everyone\"\nto = \"web\"\n"
    "[[test]]\nas = \"a@b.c\"\ncan = \"web:1\"\n";

TEST_F(PolicyDirectory, IsOneNameSpaceOverItsTomlFiles) {
  write("20-rules.toml", kRule);
  write("10-things.toml", kResources);
  write("README", "not a policy");
  write(".hidden.toml", "not a policy");
  write("old.toml.bak", "not a policy");
  const auto loaded = load_policy(path_);
  ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error());
  EXPECT_EQ(loaded->files, 2U);
  EXPECT_EQ(loaded->tests, 1U);
  EXPECT_FALSE(loaded->is_empty());
  EXPECT_TRUE(ask(*loaded->policy, as("a@b.c"), "10.0.0.1:1").allows());
  const auto texts = read_policy_directory(path_);
  ASSERT_TRUE(texts && texts->size() == 2);
  EXPECT_EQ(texts->front().name, path_ + "/10-things.toml");
  EXPECT_EQ(texts->front().text, kResources);
}

TEST_F(PolicyDirectory, ThatIsEmptyOrMissingDeniesEverythingAndSaysSo) {
  for (const auto& directory : {path_, path_ + "/missing"}) {
    const auto loaded = load_policy(directory);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_TRUE(loaded->is_empty());
    const auto texts = read_policy_directory(directory);
    EXPECT_TRUE(texts && texts->empty());
    EXPECT_FALSE(ask(*loaded->policy, as("a@b.c"), "10.0.0.1:1").allows());
  }
}

TEST_F(PolicyDirectory, ThatIsAFileIsAnError) {
  write("a.toml", kResources);
  EXPECT_FALSE(load_policy(path_ + "/a.toml").has_value());
  EXPECT_FALSE(read_policy_directory(path_ + "/a.toml").has_value());
}

TEST_F(PolicyDirectory, RefusesFilesThatOthersMayWrite) {
  write("a.toml", kResources, 0664);
  EXPECT_EQ(errors(), path_ + "/a.toml: error: others may write it; run: chmod go-w " + path_ + "/a.toml\n");
}

TEST_F(PolicyDirectory, RefusesItselfWhenOthersMayWriteIt) {
  write("a.toml", kResources);
  ::chmod(path_.c_str(), 0777);
  EXPECT_EQ(errors(), path_ + ": error: others may write it; run: chmod go-w " + path_ + "\n");
}

TEST_F(PolicyDirectory, RefusesTooManyAndTooLargeFilesAndThingsThatAreNoFiles) {
  write("a.toml", std::string(kMaxPolicyFileSize + 1, '#'));
  EXPECT_EQ(errors(), path_ + "/a.toml: error: is too large\n");
  std::filesystem::create_directory(path_ + "/b.toml");
  EXPECT_EQ(errors(), path_ + "/a.toml: error: is too large\n" + path_ + "/b.toml: error: is not a regular file\n");
  for (unsigned i = 0; i < kMaxPolicyFiles; ++i) write(std::to_string(i) + ".toml", "");
  EXPECT_EQ(errors(), path_ + ": error: holds more than 1000 policy files\n");
}

}  // namespace
}  // namespace sallyport
