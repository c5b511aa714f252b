#include "tests/unit/server/store/store_fixture.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace sallyport {
namespace {

TEST_F(StoreTest, IsReadableByItsOwnerOnly) {
  (void)store();
  for (const auto& entry : std::filesystem::directory_iterator{directory_.path()}) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST_F(StoreTest, SaysWhichFileIsMissing) {
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().problem, StoreProblem::Missing);
  EXPECT_NE(opened.error().words.find(path()), std::string::npos);
}

TEST_F(StoreTest, RefusesAFileThatOthersMayWrite) {
  (void)store();
  reopen();
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().problem, StoreProblem::Untrusted);
}

TEST_F(StoreTest, RemembersADeviceAcrossARestart) {
  enroll("ana-laptop", "0a1f");
  reopen();
  const auto device = store().device(DeviceId{"ana-laptop"});
  ASSERT_TRUE(device) << device.error().words;
  DeviceRecord expected{DeviceId{"ana-laptop"},
                        UserId{"ana-laptop@example.com"},
                        DeviceState::Active,
                        "0a1f",
                        at_second(90 * 86400),
                        at_second(0),
                        std::nullopt};
  expected.enrolment = "0a1f";
  ASSERT_TRUE(*device);
  EXPECT_EQ(**device, expected);
  EXPECT_EQ(store().devices()->size(), 1U);
}

TEST_F(StoreTest, KnowsNoDeviceThatWasNeverEnrolled) {
  const auto device = store().device(DeviceId{"nobody"});
  ASSERT_TRUE(device);
  EXPECT_FALSE(*device);
  const auto done = store().set_state(DeviceId{"nobody"}, DeviceState::Revoked, at_second(0));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().problem, StoreProblem::UnknownDevice);
}

TEST_F(StoreTest, EnrolsAnActiveDeviceAgainOnlyWhenToldTo) {
  enroll("ana", "0a01");
  const auto again = store().enroll(enrolment_of("ana", "0a02"), Replace::No, at_second(5));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().problem, StoreProblem::AlreadyEnrolled);
  EXPECT_TRUE(store().revoked_serials(at_second(6))->empty());

  enroll("ana", "0a02", Replace::Yes);
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->serial, "0a02");
  EXPECT_EQ(*store().revoked_serials(at_second(6)), (std::vector<RevokedCertificate>{{"0a01", at_second(0)}}));
}

TEST_F(StoreTest, NeverRecordsOneSerialTwice) {
  enroll("ana", "0a01");
  const auto done = store().enroll(enrolment_of("bo", "0a01"), Replace::No, at_second(0));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().problem, StoreProblem::Conflict);
  EXPECT_FALSE(*store().device(DeviceId{"bo"}));
}

TEST_F(StoreTest, DisablesAndEnablesADevice) {
  enroll("ana", "0a01");
  set_state("ana", DeviceState::Disabled);
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->state, DeviceState::Disabled);
  const auto again = store().enroll(enrolment_of("ana", "0a02"), Replace::Yes, at_second(0));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().problem, StoreProblem::NotActive);
  set_state("ana", DeviceState::Active);
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->state, DeviceState::Active);
  EXPECT_TRUE(store().revoked_serials(at_second(0))->empty());
}

TEST_F(StoreTest, TakesNoRevocationBack) {
  enroll("ana", "0a01");
  set_state("ana", DeviceState::Revoked, 7);
  set_state("ana", DeviceState::Revoked, 8);
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->revoked_at, at_second(7));
  for (const auto state : {DeviceState::Active, DeviceState::Disabled}) {
    const auto done = store().set_state(DeviceId{"ana"}, state, at_second(9));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().problem, StoreProblem::Revoked);
  }
}

TEST_F(StoreTest, KeepsASerialRevokedWhenTheDeviceComesBack) {
  enroll("ana", "0a01");
  set_state("ana", DeviceState::Revoked, 7);
  enroll("ana", "0a02");
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->state, DeviceState::Active);
  EXPECT_EQ(*store().revoked_serials(at_second(8)), (std::vector<RevokedCertificate>{{"0a01", at_second(7)}}));
}

TEST_F(StoreTest, DropsARevokedSerialADayAfterItsCertificateEnded) {
  enroll("ana", "0a01");
  set_state("ana", DeviceState::Revoked, 7);
  const auto end = at_second(90 * 86400);
  EXPECT_EQ(store().revoked_serials(end + std::chrono::hours{24})->size(), 1U);
  EXPECT_EQ(store().revoked_serials(end + std::chrono::hours{24} + std::chrono::seconds{1})->size(), 0U);
}

TEST_F(StoreTest, KeepsARevokedSerialOnTheListForAsLongAsItMayStillBeShown) {
  enroll("ana", "0a01");
  set_state("ana", DeviceState::Revoked, 7);
  const auto late = at_second(90 * 86400) + std::chrono::days{10};
  std::size_t listed = 0;
  const auto count = [&listed](const Store::CrlContent& content) {
    listed = content.revoked.size();
    return std::optional<std::string>{};
  };
  ASSERT_TRUE(store().publish_crl(0, late, count, std::chrono::days{14}));
  EXPECT_EQ(listed, 1U);
  ASSERT_TRUE(store().publish_crl(0, late, count));
  EXPECT_EQ(listed, 0U);
}

TEST_F(StoreTest, RecordsGatewayCertificates) {
  const CertificateRecord gateway{"0b01", CertificateKind::Gateway, {}, at_second(10), {}};
  ASSERT_TRUE(store().record_certificate(gateway));
  enroll("ana", "0a01");
  const auto certificates = store().certificates();
  ASSERT_EQ(certificates->size(), 2U);
  EXPECT_EQ(certificates->at(0).device, DeviceId{"ana"});
  EXPECT_EQ(certificates->at(1), gateway);
}

TEST_F(StoreTest, NumbersRevocationListsUpwards) {
  const auto accept = [](const Store::CrlContent&) { return std::nullopt; };
  EXPECT_EQ(*store().publish_crl(0, at_second(0), accept), 1U);
  EXPECT_EQ(*store().publish_crl(0, at_second(0), accept), 2U);
  reopen();
  EXPECT_EQ(*store().publish_crl(0, at_second(0), accept), 3U);
  EXPECT_EQ(*store().publish_crl(40, at_second(0), accept), 41U);
  EXPECT_EQ(*store().crl_number(), 41U);
}

TEST_F(StoreTest, UsesNoNumberForAListThatWasNotPublished) {
  const auto done = store().publish_crl(
      0, at_second(0), [](const Store::CrlContent&) { return std::optional<std::string>{"disk full"}; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().problem, StoreProblem::Cancelled);
  EXPECT_EQ(done.error().words, "disk full");
  EXPECT_EQ(*store().crl_number(), 0U);
}

TEST_F(StoreTest, GivesNoSessionNumberTwiceWhateverTheClockSays) {
  EXPECT_EQ(*store().reserve_sessions(1000, 50), 1000U);
  EXPECT_EQ(*store().reserve_sessions(0, 50), 1050U);
  reopen();
  EXPECT_EQ(*store().reserve_sessions(1020, 50), 1100U);
  EXPECT_EQ(*store().reserve_sessions(2000, 1), 2000U);
}

TEST_F(StoreTest, IsSharedByTwoProcesses) {
  auto other = Store::open_or_create(path());
  ASSERT_TRUE(other);
  enroll("ana", "0a01");
  EXPECT_TRUE(*other->device(DeviceId{"ana"}));
  ASSERT_TRUE(other->set_state(DeviceId{"ana"}, DeviceState::Disabled, at_second(0)));
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->state, DeviceState::Disabled);
}

}  // namespace
}  // namespace sallyport
