#include "common/base/hex.hpp"
#include "common/pki/certificate_authority.hpp"
#include "common/pki/high_water_mark.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"

namespace sallyport {
namespace {

TEST_F(CtlTest, MakesAnAuthorityThatOnlyItsOwnerCanUse) {
  const auto made = document({"ca", "init"});
  EXPECT_EQ(made.at("crl_number"), 1);
  EXPECT_EQ(made.at("trust_domain"), "example.com");
  EXPECT_EQ(mode("state"), 0700U);
  EXPECT_EQ(mode("state/ca"), 0711U);
  EXPECT_EQ(mode("state/ca/ca.key"), 0600U);
  EXPECT_EQ(mode("state/ca/ca.pem"), 0644U);
  EXPECT_EQ(mode("state/crl.pem"), 0644U);
  EXPECT_EQ(mode("state/gateway.db"), 0600U);
  EXPECT_TRUE(openssl("verify -CAfile " + path("state/ca/ca.pem") + ' ' + path("state/ca/ca.pem")));
  EXPECT_TRUE(
      openssl("crl -in " + path("state/crl.pem") + " -CAfile " + path("state/ca/ca.pem") + " -noout -crlnumber"));
  EXPECT_NE(content("openssl.out").find("verify OK"), std::string::npos) << content("openssl.out");
}

TEST_F(CtlTest, NeverReplacesAnAuthority) {
  must({"ca", "init"});
  const auto before = content("state/ca/ca.pem");
  const auto again = ctl({"ca", "init"});
  EXPECT_EQ(again.code, CtlExit::Failed);
  EXPECT_NE(again.err.find("never replaced"), std::string::npos) << again.err;
  EXPECT_EQ(content("state/ca/ca.pem"), before);
}

TEST_F(CtlTest, ShowsTheAuthorityAndItsList) {
  must({"ca", "init", "--days", "100"});
  const auto shown = document({"ca", "show"});
  EXPECT_EQ(shown.at("authorities").size(), 1U);
  EXPECT_EQ(shown.at("authorities").at(0).at("not_after"), format_utc(now_ + std::chrono::days{100}));
  EXPECT_EQ(shown.at("revocation_lists").at(0).at("number"), 1);
  EXPECT_TRUE(shown.at("problem").is_null());
  EXPECT_NE(ctl({"ca", "show"}).out.find("number 1, 0 certificates"), std::string::npos);
}

TEST_F(CtlTest, SaysThatAnOverdueListRefusesEverybody) {
  must({"ca", "init"});
  now_ += std::chrono::days{31};
  const auto shown = ctl({"ca", "show"});
  EXPECT_EQ(shown.code, CtlExit::Failed);
  EXPECT_NE(shown.err.find("refuses every device"), std::string::npos) << shown.err;
  const auto issued = document({"crl", "issue", "--days", "3"});
  EXPECT_EQ(issued.at("crl_number"), 2);
  EXPECT_EQ(issued.at("crl_next_update"), format_utc(now_ + std::chrono::days{3}));
  EXPECT_EQ(issued.at("gateway"), "not_running");
  EXPECT_EQ(ctl({"ca", "show"}).code, CtlExit::Ok);
}

TEST_F(CtlTest, NumbersListsAboveThePublishedOneWhenTheRecordsComeFromABackup) {
  must({"ca", "init"});
  const auto backup = content("state/gateway.db");
  must({"crl", "issue"});
  must({"crl", "issue"});
  write("state/gateway.db", backup);
  EXPECT_EQ(document({"crl", "issue"}).at("crl_number"), 4);
}

TEST_F(CtlTest, NumbersListsAboveWhatTheGatewayHasSeen) {
  must({"ca", "init"});
  const auto authority = CertificateAuthority::load(path("state/ca"));
  ASSERT_TRUE(authority) << authority.error().words;
  HighWaterMark mark;
  mark.raise(to_hex(*authority->certificate().key.key_id()), {41, now_});
  ASSERT_TRUE(mark.store(path("state/crl.number")));
  EXPECT_EQ(document({"crl", "issue"}).at("crl_number"), 42);
}

TEST_F(CtlTest, WritesNoListWithoutRecords) {
  must({"ca", "init"});
  ASSERT_EQ(std::remove(path("state/gateway.db").c_str()), 0);
  EXPECT_EQ(ctl({"crl", "issue"}).code, CtlExit::Failed) << "an empty list would un-revoke everybody";
  EXPECT_EQ(document({"ca", "show"}).at("revocation_lists").at(0).at("number"), 1);
}

TEST_F(CtlTest, IssuesTheGatewayItsCertificate) {
  must({"ca", "init"});
  const auto issued = document({"gateway-cert", "issue", "--days", "30"});
  EXPECT_EQ(issued.at("name"), "vpn.example.com");
  EXPECT_EQ(issued.at("not_after"), format_utc(now_ + std::chrono::days{30}));
  EXPECT_EQ(mode("state/gateway.key"), 0600U);
  EXPECT_EQ(mode("state/gateway.pem"), 0644U);
  EXPECT_TRUE(openssl("verify -purpose sslserver -verify_hostname vpn.example.com -CAfile " + path("state/ca/ca.pem") +
                      ' ' + path("state/gateway.pem")))
      << content("openssl.out");
  EXPECT_TRUE(openssl("pkey -in " + path("state/gateway.key") + " -check -noout")) << content("openssl.out");
}

TEST_F(CtlTest, NeedsAnAuthorityBeforeACertificate) {
  const auto run = ctl({"gateway-cert", "issue"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("sallyportctl ca init"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace sallyport
