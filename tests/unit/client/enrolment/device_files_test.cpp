#include "client/enrolment/device_files.hpp"

#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace sallyport {
namespace {

class IdentityFiles : public testing::Test {
 protected:
  void install(const TestIdentity& identity) {
    ASSERT_TRUE(identity.key.store(files_.key));
    ASSERT_TRUE(write_file_atomically(files_.certificate, identity.certificate_pem));
  }
  std::string serial() {
    const auto credentials = load_credentials(files_);
    return credentials ? credentials->leaf().serial_hex : credentials.error().words;
  }

  const TestPki pki_;
  const TestIdentity old_ = pki_.device();
  const TestIdentity new_ = pki_.device();
  const TemporaryDirectory directory_;
  const DeviceFiles files_{directory_.file("ca.pem"), directory_.file("device.pem"), directory_.file("device.key")};
};

TEST_F(IdentityFiles, LoadsThePairThatIsThere) {
  install(old_);
  EXPECT_EQ(serial(), old_.info.serial_hex);
}

TEST_F(IdentityFiles, LetsANewPairCountInOneStep) {
  install(old_);
  ASSERT_TRUE(store_next(files_, new_.key, new_.certificate_pem));
  EXPECT_EQ(serial(), new_.info.serial_hex);
  struct stat status {};
  ASSERT_EQ(::stat(files_.next().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(Credentials::load(files_.certificate, files_.key)->leaf().serial_hex, old_.info.serial_hex)
      << "the pair of before stays until it is not needed";
}

TEST_F(IdentityFiles, MovesTheNewPairToItsPlace) {
  install(old_);
  ASSERT_TRUE(store_next(files_, new_.key, new_.certificate_pem));
  ASSERT_TRUE(settle_next(files_));
  EXPECT_FALSE(file_exists(files_.next()));
  EXPECT_EQ(serial(), new_.info.serial_hex);
  EXPECT_EQ(Credentials::load(files_.certificate, files_.key)->leaf().serial_hex, new_.info.serial_hex);
  EXPECT_TRUE(settle_next(files_)) << "nothing to do is no error";
}

TEST_F(IdentityFiles, LeavesANewPairThatAnotherPutThereWhereItIs) {
  install(old_);
  EXPECT_TRUE(holds_certificate(files_, old_.info.serial_hex));
  EXPECT_FALSE(holds_certificate(files_, new_.info.serial_hex));
  ASSERT_TRUE(store_next(files_, new_.key, new_.certificate_pem));
  EXPECT_FALSE(holds_certificate(files_, old_.info.serial_hex));
  ASSERT_TRUE(settle_next(files_, old_.info.serial_hex));
  EXPECT_TRUE(file_exists(files_.next()));
  ASSERT_TRUE(settle_next(files_, new_.info.serial_hex));
  EXPECT_FALSE(file_exists(files_.next()));
  EXPECT_EQ(serial(), new_.info.serial_hex);
}

TEST_F(IdentityFiles, IsWholeWhereverMovingIsCutShort) {
  install(old_);
  ASSERT_TRUE(store_next(files_, new_.key, new_.certificate_pem));
  // As after a crash between the two halves.
  ASSERT_TRUE(new_.key.store(files_.key));
  EXPECT_EQ(serial(), new_.info.serial_hex);
  ASSERT_TRUE(settle_next(files_));
  EXPECT_EQ(serial(), new_.info.serial_hex);
}

TEST_F(IdentityFiles, HoldsAWorkingPairWheneverItsWriterIsKilled) {
  install(old_);
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        if (!store_next(files_, new_.key, new_.certificate_pem) || !settle_next(files_)) ::_exit(1);
        if (!store_next(files_, old_.key, old_.certificate_pem) || !settle_next(files_)) ::_exit(1);
      }
    }
    ::usleep(static_cast<useconds_t>(300 + 337 * round));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const auto found = serial();
    ASSERT_TRUE(found == old_.info.serial_hex || found == new_.info.serial_hex) << found;
  }
}

TEST_F(IdentityFiles, AreReplacedOnlyForTheCertificateThatCounts) {
  install(old_);
  ASSERT_TRUE(replace_pair(files_, old_.info.serial_hex, new_.key, new_.certificate_pem));
  EXPECT_EQ(serial(), new_.info.serial_hex);
  const auto late = replace_pair(files_, old_.info.serial_hex, old_.key, old_.certificate_pem);
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().is_identity_changed);
  EXPECT_EQ(serial(), new_.info.serial_hex);
}

TEST_F(IdentityFiles, AreLeftAloneWhileAnotherProgramChangesThem) {
  install(old_);
  const auto held = DeviceLock::take(files_, kLoopPatience);
  ASSERT_TRUE(held);
  const auto refused = replace_pair(files_, old_.info.serial_hex, new_.key, new_.certificate_pem);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().is_identity_changed);
  EXPECT_NE(refused.error().words.find("another program"), std::string::npos);
  EXPECT_EQ(serial(), old_.info.serial_hex);
}

TEST_F(IdentityFiles, HaveALockThatNoLinkLeadsElsewhere) {
  ASSERT_EQ(::symlink(directory_.file("elsewhere").c_str(), files_.lock().c_str()), 0);
  EXPECT_FALSE(DeviceLock::take(files_, kLoopPatience));
  EXPECT_FALSE(file_exists(directory_.file("elsewhere")));
}

/// A renewal that began by the pair of before ends while a person enrols the laptop anew: whichever is first, what the
/// person asked for is what counts in the end.
TEST_F(IdentityFiles, AreThoseOfANewEnrolmentHoweverItMeetsARenewal) {
  const auto enrolled = pki_.device();
  const auto ca = pki_.authority().certificate_pem();
  int renewed_first = 0;
  for (int round = 0; round < 200; ++round) {
    (void)::unlink(files_.next().c_str());
    install(old_);
    const pid_t renewal = ::fork();
    if (renewal == 0) {
      ::usleep(static_cast<useconds_t>(7 * (round % 50)));
      ::_exit(replace_pair(files_, old_.info.serial_hex, new_.key, new_.certificate_pem) ? 0 : 1);
    }
    ASSERT_TRUE(install_pair(files_, ca, enrolled.key, enrolled.certificate_pem));
    int status = -1;
    ASSERT_EQ(::waitpid(renewal, &status, 0), renewal);
    renewed_first += status == 0 ? 1 : 0;
    ASSERT_EQ(serial(), enrolled.info.serial_hex) << "round " << round;
  }
  RecordProperty("renewed_first", renewed_first);
}

TEST_F(IdentityFiles, AreRefusedWhenOthersMayReadThem) {
  install(old_);
  ASSERT_TRUE(store_next(files_, new_.key, new_.certificate_pem));
  ASSERT_EQ(::chmod(files_.next().c_str(), 0644), 0);
  EXPECT_FALSE(load_credentials(files_));
}

TEST_F(IdentityFiles, TakeNoCertificateThatIsNotForTheKey) {
  const auto ca = pki_.authority().certificate_pem();
  EXPECT_TRUE(check_identity(new_.certificate_pem, new_.key, ca, wall_now()));
  EXPECT_FALSE(check_identity(new_.certificate_pem, old_.key, ca, wall_now()));
  EXPECT_FALSE(check_identity(new_.certificate_pem, new_.key, TestPki{}.authority().certificate_pem(), wall_now()));
  EXPECT_FALSE(check_identity(pki_.gateway().certificate_pem, new_.key, ca, wall_now()));
  const auto ended = pki_.mint([](LeafWishes& w) { w.not_after = wall_now() - std::chrono::hours{1}; });
  EXPECT_FALSE(check_identity(ended.certificate_pem, ended.key, ca, wall_now()));
}

}  // namespace
}  // namespace sallyport
