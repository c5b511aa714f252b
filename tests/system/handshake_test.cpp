#include "tests/system/support/fixture.hpp"

#include <sstream>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

std::vector<json> lines_of(const Ran& ran) {
  std::vector<json> lines;
  std::istringstream stream{ran.output};
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line, nullptr, false));
  return lines;
}

/// The negative TLS set against the real gateway (reference: security, section C). No byte of HTTP may be answered and
/// no session may begin, though each case ends by asking for one.
class Handshake : public SharedLab<Handshake> {
 protected:
  static std::size_t session_records() {
    return lab().audit_count("session.open") + lab().audit_count("session.refused");
  }
  static void expect_closed(const json& result) {
    EXPECT_EQ(result.value("answer", "?"), "") << "the HTTP parser was reached: " << result;
    ASSERT_TRUE(result.contains("closed_after") && result["closed_after"].is_number()) << "left open: " << result;
    EXPECT_LT(result["closed_after"].get<double>(), 2.0) << result;
  }
};

TEST_F(Handshake, RefusesEveryCaseOfTheNegativeSet) {
  Words cases{"no_certificate",
              "empty_certificate",
              "certificate_without_verify",
              "verify_over_another_transcript",
              "verify_before_certificate",
              "finished_early",
              "wrong_finished",
              "data_before_finished",
              "data_before_finished_under_application_keys",
              "data_before_certificate",
              "record_of_17_kib_before_finished",
              "all_zero_inner_plaintext_before_finished",
              "tls_1_2_hello",
              "plain_http",
              "garbage",
              "early_data",
              "ticket_offered"};
  Words arguments{lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"), lab().env("LAB_CERT"),
                  lab().env("LAB_KEY")};
  arguments.insert(arguments.end(), cases.begin(), cases.end());
  const auto sessions = session_records();
  const auto refusals = lab().audit_count("handshake.refused");
  const auto ran = lab().run_at(Place::Internet, Lab::script("hostile_tls.py", arguments), Seconds{90});
  const auto results = lines_of(ran);
  ASSERT_EQ(results.size(), cases.size()) << ran.text();
  for (const auto& result : results) {
    expect_closed(result);
    EXPECT_EQ(result.value("resumed", true), false) << result;
    std::cout << result.value("case", "") << ": closed after " << result["closed_after"] << " s, alert "
              << result["alert"] << '\n';
  }
  EXPECT_EQ(session_records(), sessions) << "a session began";
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused") >= refusals + cases.size(); }))
      << lab().audit_count("handshake.refused") - refusals << " records for " << cases.size() << " cases";
}

TEST_F(Handshake, EndsAnEstablishedConnectionThatBreaksTheRecordLayer) {
  const Words cases{"key_update_flood", "record_of_17_kib", "all_zero_inner_plaintext"};
  Words arguments{lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"), lab().env("LAB_CERT"),
                  lab().env("LAB_KEY")};
  arguments.insert(arguments.end(), cases.begin(), cases.end());
  const auto ran = lab().run_at(Place::Internet, Lab::script("hostile_tls.py", arguments), Seconds{30});
  const auto results = lines_of(ran);
  ASSERT_EQ(results.size(), cases.size()) << ran.text();
  for (const auto& result : results) {
    expect_closed(result);
    std::cout << result.value("case", "") << ": closed after " << result["closed_after"] << " s, alert "
              << result["alert"] << '\n';
  }
}

TEST_F(Handshake, IssuesNoTicketToAGoodClient) {
  const auto ran =
      lab().run_at(Place::Internet,
                   Lab::script("hostile_tls.py", {lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"),
                                                  lab().env("LAB_CERT"), lab().env("LAB_KEY"), "good"}));
  const auto result = ran.last_line();
  ASSERT_TRUE(result.is_object()) << ran.text();
  EXPECT_EQ(result.value("answer", "").substr(0, 12), "HTTP/1.1 101")
      << "the same client, unaltered, is served: " << result;
  EXPECT_EQ(result.value("tickets", -1), 0);
}

TEST_F(Handshake, RefusesEveryBadCertificateByItsName) {
  const std::vector<std::pair<std::string, std::string>> expected{{"expired", "expired"},
                                                                  {"not_yet_valid", "not_yet_valid"},
                                                                  {"wrong_ca", "bad_signature"},
                                                                  {"below_a_device", "unknown_ca"},
                                                                  {"wrong_eku", "wrong_extended_key_usage"},
                                                                  {"no_eku", "no_extended_key_usage"},
                                                                  {"no_digital_signature", "no_digital_signature"},
                                                                  {"authority", "is_ca"},
                                                                  {"two_identities", "several_identities"},
                                                                  {"no_identity", "no_identity"},
                                                                  {"foreign_domain", "wrong_trust_domain"},
                                                                  {"no_user", "no_user"},
                                                                  {"two_users", "several_users"},
                                                                  {"critical_extension", "unknown_critical_extension"},
                                                                  {"rsa_1024", "weak_key"},
                                                                  {"sha1", "weak_signature"},
                                                                  {"none", "no_certificate"}};
  const auto sessions = session_records();
  ASSERT_TRUE(run({"mkdir", "-p", lab().path("bad")}).ok());
  Words arguments{lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"), lab().env("LAB_CA"),
                  lab().path("state/ca/ca.key"), lab().path("bad")};
  for (const auto& [kind, reason] : expected) arguments.push_back(kind);
  const auto ran = lab().run_at(Place::Internet, Lab::script("bad_certificates.py", arguments), Seconds{60});
  const auto results = lines_of(ran);
  ASSERT_EQ(results.size(), expected.size()) << ran.text();
  for (const auto& result : results) expect_closed(result);
  for (const auto& [kind, reason] : expected) {
    EXPECT_TRUE(eventually([&, why = reason] { return lab().audit_count("handshake.refused", why) > 0; }, Seconds{1}))
        << kind << " has no record " << reason;
  }
  EXPECT_EQ(session_records(), sessions);
}

TEST_F(Handshake, DoesNotAdmitACertificateThatNobodyEnrolled) {
  ASSERT_TRUE(run({"mkdir", "-p", lab().path("bad")}).ok());
  const auto ran =
      lab().run_at(Place::Internet,
                   Lab::script("bad_certificates.py",
                               {lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"),
                                lab().env("LAB_CA"), lab().path("state/ca/ca.key"), lab().path("bad"), "well_formed"}));
  const auto result = ran.last_line();
  ASSERT_TRUE(result.is_object()) << ran.text();
  EXPECT_EQ(result.value("answer", "").substr(0, 12), "HTTP/1.1 403") << result;
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.refused", "unknown_device") > 0; }));
}

TEST_F(Handshake, AnswersEveryPathButTheOneWithAnError) {
  const std::vector<std::pair<std::string, std::string>> requests{
      {"GET / HTTP/1.1\\r\\nHost: vpn.example.com\\r\\nConnection: Upgrade\\r\\nUpgrade: connect-ip\\r\\n\\r\\n",
       "404"},
      {"GET /../../etc/passwd HTTP/1.1\\r\\nHost: vpn.example.com\\r\\nConnection: Upgrade\\r\\nUpgrade: "
       "connect-ip\\r\\n\\r\\n",
       "404"},
      {"PUT /.well-known/masque/ip/*/*/ HTTP/1.1\\r\\nHost: vpn.example.com\\r\\nConnection: Upgrade\\r\\nUpgrade: "
       "connect-ip\\r\\n\\r\\n",
       "405"},
      {"POST /.well-known/masque/ip/*/*/ HTTP/1.1\\r\\nHost: vpn.example.com\\r\\nConnection: Upgrade\\r\\nUpgrade: "
       "connect-ip\\r\\n\\r\\n",
       "404"},
      {"POST /.well-known/est/simplereenroll HTTP/1.1\\r\\nHost: vpn.example.com\\r\\nContent-Length: 4\\r\\n"
       "Content-Type: application/pkcs10\\r\\n\\r\\nAAAA",
       "404"},
      {"GET /.well-known/masque/ip/*/*/ HTTP/1.1\\r\\nConnection: Upgrade\\r\\nUpgrade: connect-ip\\r\\n\\r\\n", "400"},
      {"GET /.well-known/masque/ip/*/*/ HTTP/1.1\\r\\nHost: vpn.example.com\\r\\n\\r\\n", "426"}};
  for (const auto& [request, status] : requests) {
    const std::string program = "import sys; sys.path.insert(0, '" + Lab::source_root() +
                                "/tests/support')\nfrom plain_client import *\n"
                                "c = PlainClient(sys.argv[1], 443, *sys.argv[2:6])\ntry: c.upgrade('" +
                                request +
                                "'); print(101)\n"
                                "except Refused as r: print(r.status)\n";
    const auto ran = lab().run_at(
        Place::Internet, {"python3", "-c", program, lab().env("LAB_GATEWAY_HOST"), lab().env("LAB_GATEWAY_NAME"),
                          lab().env("LAB_CA"), lab().env("LAB_CERT"), lab().env("LAB_KEY")});
    EXPECT_EQ(ran.output, status + "\n") << request << ran.errors;
  }
}

TEST_F(Handshake, LeavesTheGatewayAndTheLaptopAsTheyWere) {
  EXPECT_TRUE(lab().lives("sallyport-gateway"));
  EXPECT_TRUE(lab().is_online());
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
}

}  // namespace
}  // namespace sallyport::lab
