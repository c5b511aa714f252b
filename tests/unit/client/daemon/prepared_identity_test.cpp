#include "client/daemon/prepared_identity.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>

namespace sallyport {
namespace {

using std::chrono::seconds;

/// The files of a device that has enrolled, a while ago as far as the code under test can see.
class PreparedIdentityTest : public testing::Test {
 protected:
  PreparedIdentityTest() {
    profile_.name = "office";
    profile_.server_name = "vpn.example.com";
    profile_.ca = directory_.file("ca.pem");
    profile_.certificate = directory_.file("device.pem");
    profile_.key = directory_.file("device.key");
    write(profile_.ca, pki_.authority().certificate_pem());
    store(pki_.device());
  }

  void write(const std::string& path, const std::string& text, mode_t mode = 0600) const {
    ::unlink(path.c_str());
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
  }
  void store(const TestIdentity& device) const {
    write(profile_.certificate, device.certificate_pem);
    ::unlink(profile_.key.c_str());
    EXPECT_TRUE(device.key.store(profile_.key));
  }
  void prepare() { prepared_.prepare(profile_, tokens_, later_); }
  [[nodiscard]] std::optional<ClientIdentity> take(seconds after = {}) {
    return prepared_.take(profile_, later_ + after);
  }

  TestPki pki_;
  TemporaryDirectory directory_;
  Profile profile_;
  Tokens tokens_;
  PreparedIdentity prepared_;
  WallTime later_ = pki_.now() + seconds{60};
};

TEST_F(PreparedIdentityTest, IsGivenOnce) {
  EXPECT_FALSE(take()) << "nothing is prepared";
  prepare();
  const auto identity = take();
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->device, "laptop");
  EXPECT_FALSE(identity->is_expired);
  EXPECT_FALSE(take());
}

TEST_F(PreparedIdentityTest, IsCalledNotEnrolledWhereThereIsNoCertificate) {
  ASSERT_EQ(::unlink(profile_.certificate.c_str()), 0);
  const auto identity = load_identity(profile_, tokens_, later_);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().reason, "credentials_unusable");
  EXPECT_NE(identity.error().words.find("not enrolled yet"), std::string::npos) << identity.error().words;
  EXPECT_NE(identity.error().words.find("sallyport enroll"), std::string::npos) << identity.error().words;
}

TEST_F(PreparedIdentityTest, SaysWhatIsLostAndHowToEnrolAgain) {
  const auto words_without = [this](const std::string& path) {
    EXPECT_EQ(::rename(path.c_str(), directory_.file("away").c_str()), 0);
    const auto identity = load_identity(profile_, tokens_, later_);
    EXPECT_EQ(::rename(directory_.file("away").c_str(), path.c_str()), 0);
    return identity ? std::string{} : identity.error().words;
  };
  for (const auto& path : {profile_.key, profile_.ca}) {
    const auto words = words_without(path);
    EXPECT_NE(words.find("there is no " + path), std::string::npos) << words;
    EXPECT_NE(words.find("enroll --replace"), std::string::npos) << words;
  }
  write(profile_.certificate, "");
  const auto empty = load_identity(profile_, tokens_, later_);
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().words.find("enroll --replace"), std::string::npos) << empty.error().words;
}

TEST_F(PreparedIdentityTest, IsForgottenWhenAsked) {
  prepare();
  prepared_.forget();
  EXPECT_FALSE(take());
  prepare();
  EXPECT_TRUE(take());
  prepared_.forget();
  EXPECT_FALSE(prepared_.take_engine(profile_.server_name, later_));
}

TEST_F(PreparedIdentityTest, ComesWithAnEngineThatHasWrittenItsHelloForOneConnection) {
  prepare();
  EXPECT_FALSE(prepared_.take_engine(profile_.server_name, later_)) << "its identity was not taken";
  ASSERT_TRUE(take());
  const auto engine = prepared_.take_engine(profile_.server_name, later_);
  ASSERT_TRUE(engine);
  EXPECT_FALSE(engine->outbox().empty());
  EXPECT_FALSE(engine->is_established());
  EXPECT_FALSE(prepared_.take_engine(profile_.server_name, later_));
}

TEST_F(PreparedIdentityTest, HasNoEngineForAGatewayOfAnotherName) {
  prepare();
  ASSERT_TRUE(take());
  EXPECT_FALSE(prepared_.take_engine("other.example.com", later_));
}

TEST_F(PreparedIdentityTest, DrawsNewKeysForEachHello) {
  ByteBuffer hellos[2];
  for (auto& hello : hellos) {
    prepare();
    ASSERT_TRUE(take());
    hello = prepared_.take_engine(profile_.server_name, later_)->outbox();
  }
  EXPECT_NE(hellos[0], hellos[1]);
}

TEST_F(PreparedIdentityTest, LeavesNoEngineOfAnIdentityThatCountsNoMore) {
  prepare();
  ASSERT_TRUE(take());
  EXPECT_FALSE(take());
  EXPECT_FALSE(prepared_.take_engine(profile_.server_name, later_));
  prepare();
  store(pki_.device("other"));
  EXPECT_FALSE(take());
  EXPECT_FALSE(prepared_.take_engine(profile_.server_name, later_));
}

TEST_F(PreparedIdentityTest, IsNotThereOnceReadingAnewWouldGiveAnother) {
  const std::vector<std::pair<const char*, std::function<void()>>> changes{
      {"another pair", [this] { store(pki_.device("other")); }},
      {"another key", [this] { write(profile_.key, "no key"); }},
      {"the key is gone", [this] { ::unlink(profile_.key.c_str()); }},
      {"the certificate is gone", [this] { ::unlink(profile_.certificate.c_str()); }},
      {"a renewed pair", [this] { write(profile_.certificate + ".next", "no pair"); }},
      {"other authorities", [this] { write(profile_.ca, TestPki{}.authority().certificate_pem()); }}};
  for (const auto& [words, change] : changes) {
    store(pki_.device());
    write(profile_.ca, pki_.authority().certificate_pem());
    ::unlink((profile_.certificate + ".next").c_str());
    prepare();
    change();
    EXPECT_FALSE(take()) << words;
  }
}

TEST_F(PreparedIdentityTest, IsNotThereOnceReadingAnewWouldRefuse) {
  const std::vector<std::pair<std::string, mode_t>> openings{
      {profile_.key, 0644}, {profile_.ca, 0666}, {directory_.file("."), 0777}};
  for (const auto& [path, mode] : openings) {
    struct stat before {};
    ASSERT_EQ(::stat(path.c_str(), &before), 0);
    prepare();
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_FALSE(take()) << path;
    ASSERT_EQ(::chmod(path.c_str(), before.st_mode & 07777U), 0);
    prepare();
    EXPECT_TRUE(take()) << path;
  }
}

TEST_F(PreparedIdentityTest, EndsWithItsAuthorities) {
  prepare();
  EXPECT_FALSE(take(std::chrono::hours{24 * 365 * 50}));
  prepare();
  EXPECT_FALSE(take(-std::chrono::hours{24 * 365 * 50})) << "the clock was set back";
}

TEST_F(PreparedIdentityTest, SaysWhenTheCertificateEndedMeanwhile) {
  store(pki_.mint([this](LeafWishes& wishes) { wishes.not_after = later_ + seconds{5}; }));
  prepare();
  const auto identity = take(seconds{6});
  ASSERT_TRUE(identity);
  EXPECT_TRUE(identity->is_expired);
}

TEST_F(PreparedIdentityTest, IsOfNoFileThatChangedJustNow) {
  prepared_.prepare(profile_, tokens_, wall_now());
  EXPECT_FALSE(prepared_.take(profile_, wall_now()));
}

TEST_F(PreparedIdentityTest, IsOfItsProfileAlone) {
  prepare();
  Profile other = profile_;
  other.certificate = directory_.file("other.pem");
  EXPECT_FALSE(prepared_.take(other, later_));
}

TEST_F(PreparedIdentityTest, IsNotThereWhereTheFilesAreNoIdentity) {
  write(profile_.key, "no key");
  prepare();
  EXPECT_FALSE(take());
}

}  // namespace
}  // namespace sallyport
