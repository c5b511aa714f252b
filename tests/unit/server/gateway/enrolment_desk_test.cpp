#include "server/gateway/enrolment_desk.hpp"

#include "common/pki/csr.hpp"
#include "common/pki/pem.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class Desk : public testing::Test {
 protected:
  EstAsked ask(const std::string& token, const char* source = "192.0.2.7") const {
    const auto csr = from_pem("CERTIFICATE REQUEST", *make_csr(key_, "x"))->front();
    return {.id = 1,
            .request = {EstOperation::Enroll, EstCredentials{{}, token}, csr},
            .source = *IpAddress::parse(source),
            .peer = {},
            .expires = now_.steady + std::chrono::seconds{10}};
  }
  unsigned status(const EstAsked& asked) {
    const auto answer = desk_.serve(
        asked, store_, terms_, [](const IssuedDevice&) { return true; }, now_);
    const auto response = EstResponseParser{}.feed(answer.bytes);
    EXPECT_TRUE(response && *response);
    return response && *response ? (*response)->status : 0U;
  }

  const TestPki pki_;
  const PrivateKey key_ = *PrivateKey::generate(KeyKind::P256);
  const TemporaryDirectory directory_;
  Store store_ = std::move(*Store::open_or_create(directory_.file("gateway.db")));
  const EnrolmentTerms terms_{&pki_.authority(), std::chrono::days{90}};
  Now now_{TimePoint{std::chrono::seconds{1000}}, pki_.now()};
  EnrolmentDesk desk_;
};

TEST_F(Desk, CountsWhatItDid) {
  EXPECT_EQ(status(ask("spt_wrong")), 401U);
  EXPECT_EQ(desk_.counters().refused[static_cast<std::size_t>(EnrolmentRefusal::UnknownToken)], 1U);
  EXPECT_EQ(desk_.counters().enrolled, 0U);
}

TEST_F(Desk, StopsWhoeverTriesTokensFasterThanPeopleType) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status(ask("spt_wrong")), 401U);
  EXPECT_EQ(status(ask("spt_wrong")), 429U);
  EXPECT_EQ(status(ask("spt_wrong", "192.0.2.8")), 401U) << "another source is not held back";
  now_.steady += std::chrono::seconds{1};
  EXPECT_EQ(status(ask("spt_wrong")), 401U);
}

TEST_F(Desk, StopsADeviceThatRenewsWithoutEnd) {
  const auto identity = pki_.device("laptop", "ana@example.com");
  ASSERT_TRUE(
      store_.enroll({DeviceId{"laptop"}, UserId{"ana@example.com"}, identity.info.serial_hex, identity.info.not_after},
                    Replace::No, now_.wall));
  auto asked = ask("");
  asked.request.operation = EstOperation::Reenroll;
  asked.peer = *verify_device(identity.info, *pki_.trust(), "example.com", now_.wall);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status(asked), 200U);
  EXPECT_EQ(status(asked), 429U);
  EXPECT_EQ(desk_.counters().renewed, 10U);
  const auto at_last = now_.steady + std::chrono::seconds{90 * 86400} / 500;
  now_.steady = at_last - std::chrono::seconds{1};
  asked.expires = now_.steady + std::chrono::minutes{1};
  EXPECT_EQ(status(asked), 429U) << "some five hundred in a lifetime, so that no device fills the revocation list";
  now_.steady = at_last + std::chrono::seconds{1};
  EXPECT_EQ(status(asked), 200U);
}

TEST_F(Desk, WhoeverHasAnOlderCertificateOfADeviceUsesUpNothingThatTheDeviceNeeds) {
  const auto stolen = pki_.device("laptop", "ana@example.com");
  const auto newest = pki_.device("laptop", "ana@example.com");
  for (const auto* identity : {&stolen, &newest}) {
    ASSERT_TRUE(store_.enroll(
        {DeviceId{"laptop"}, UserId{"ana@example.com"}, identity->info.serial_hex, identity->info.not_after},
        Replace::Yes, now_.wall));
  }
  auto asked = ask("");
  asked.request.operation = EstOperation::Reenroll;
  asked.peer = *verify_device(stolen.info, *pki_.trust(), "example.com", now_.wall);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(status(asked), 403U);
  asked.peer = *verify_device(newest.info, *pki_.trust(), "example.com", now_.wall);
  EXPECT_EQ(status(asked), 200U);
  EXPECT_EQ(desk_.counters().refused[static_cast<std::size_t>(EnrolmentRefusal::StaleCertificate)], 100U);
}

TEST_F(Desk, SpendsNothingOnAQuestionForWhoseAnswerNobodyWaits) {
  const auto asked = ask("spt_wrong");
  now_.steady = asked.expires;
  EXPECT_EQ(status(asked), 503U);
  EXPECT_EQ(desk_.counters().refused[static_cast<std::size_t>(EnrolmentRefusal::CannotIssue)], 1U);
  EXPECT_EQ(desk_.counters().refused[static_cast<std::size_t>(EnrolmentRefusal::UnknownToken)], 0U);
}

}  // namespace
}  // namespace sallyport
