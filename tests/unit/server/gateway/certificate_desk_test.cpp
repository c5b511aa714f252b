#include "server/gateway/certificate_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

/// A gateway that gives out no certificates.
class Certificates : public ControlRoom {
 protected:
  EstAsked ask() const {
    return {.id = 7,
            .request = {EstOperation::Enroll, EstCredentials{{}, "spt_any"}, {}},
            .source = *IpAddress::parse("192.0.2.9"),
            .peer = {},
            .expires = now_.steady + std::chrono::seconds{10}};
  }
  [[nodiscard]] std::uint64_t refused(EnrolmentRefusal refusal) const {
    return desk_.counters().refused[static_cast<std::size_t>(refusal)];
  }

  AuthorityDesk authorities_{books_, orders_};
  std::vector<std::uint64_t> answered_;
  CertificateDesk desk_{books_, orders_, authorities_, tally_, [this](std::uint64_t id, const ByteBuffer& bytes) {
                          EXPECT_FALSE(bytes.empty());
                          answered_.push_back(id);
                        }};
};

TEST_F(Certificates, ThatAreNotGivenOutAreRefusedInWordsAndOnRecord) {
  desk_.take(ask());
  EXPECT_EQ(answered_, std::vector<std::uint64_t>{7});
  EXPECT_EQ(refused(EnrolmentRefusal::NotOffered), 1U);
  ASSERT_EQ(records_of("enrolment.refused").size(), 1U);
  EXPECT_EQ(records_of("enrolment.refused").front()["source"], "192.0.2.9");
}

TEST_F(Certificates, OfAnotherAuthorityAreForThatOneToRenew) {
  auto asked = ask();
  asked.request.operation = EstOperation::Reenroll;
  asked.peer.emplace().authority = "corp";
  asked.peer->device = DeviceId{"bo-laptop"};
  desk_.take(asked);
  EXPECT_EQ(refused(EnrolmentRefusal::NotOffered), 1U);
  ASSERT_EQ(records_of("renewal.refused").size(), 1U);
  EXPECT_EQ(records_of("renewal.refused").front()["device"], "bo-laptop");
}

}  // namespace
}  // namespace sallyport
