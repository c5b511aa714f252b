#include "tests/system/support/foreign_ca.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>

namespace sallyport::lab {
namespace {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// E-6 and E-8 of the fault table, with certificates and lists that end while somebody is connected.
class Expiry : public ForeignLab {
 protected:
  std::string by_file(const ForeignCa& ca, const std::string& more = {}) const {
    return section(ca, "crl = \"" + ca.path("list.crl") + "\"\nenrol_unknown = true\n" + more);
  }
  void connect(const ForeignCa& ca, const std::string& settings = {}) {
    configure(by_file(ca, settings));
    const auto reload = lab().ctl({"reload", "--allow-stranding", "9"});
    ASSERT_TRUE(reload.ok()) << reload.text();
    install(ca, "ana-foreign");
    ASSERT_TRUE(connects()) << lab().client({"status"}).text() << gateway_log();
    opened_ = lab().audit_count("session.open");
  }
  /// Seconds from `end` to the end of the session, whose reason it must have.
  double end_after(double end, const std::string& reason, Seconds limit) {
    const auto before = lab().audit_count("session.close", reason);
    EXPECT_TRUE(eventually([&] { return lab().audit_count("session.close", reason) > before; }, limit))
        << reason << ": " << gateway_log();
    return wall_seconds() - end;
  }
  /// From the end of the session that connect() made on, whatever the laptop tried.
  void expect_none_new(const std::string& refusal) {
    // In their last second certificates are still good for TLS.
    std::this_thread::sleep_for(std::chrono::milliseconds{1200});
    EXPECT_FALSE(connects());
    EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", refusal) > 0; })) << gateway_log();
    EXPECT_EQ(lab().audit_count("session.open"), opened_) << "0 new sessions";
  }
  std::size_t opened_ = 0;

  bool has_alarm(const std::string& words) {
    return eventually(
        [&] {
          const auto error = source()["error"];
          return error.is_string() && error.get<std::string>().find(words) != std::string::npos;
        },
        Seconds{4});
  }
};

TEST_F(Expiry, ASessionEndsWithTheCertificateOfItsDevice) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com", Seconds{9});
  const double end = std::floor(wall_seconds()) + 9;
  connect(ca);
  const auto forecast = lab().ctl({"--json", "pki", "forecast", "1m"}).last_line();
  ASSERT_EQ(forecast["endings"].size(), 1U) << forecast;
  EXPECT_EQ(forecast["endings"][0]["locks_out"]["device_names"][0], "ana-foreign");
  const double late = end_after(end, "certificate_expired", Seconds{15});
  std::cout << "ended " << late << " s after notAfter\n";
  EXPECT_LT(late, 3);
  expect_none_new("expired");
}

TEST_F(Expiry, ASessionEndsWithTheCertificateOfItsAuthority) {
  const ForeignCa ca{lab(), "corp", "Corp CA", Seconds{10}};
  const double end = std::floor(wall_seconds()) + 10;
  ca.issue("ana-foreign", "ana@example.com");
  connect(ca);
  const double late = end_after(end, "certificate_expired", Seconds{15});
  std::cout << "ended " << late << " s after the authority's notAfter\n";
  EXPECT_LT(late, 3);
  expect_none_new("ca_expired");
  // Its end is no reason for the gateway not to start, and locks out nobody else.
  restart_gateway();
  EXPECT_NE(gateway_log().find("trust.forecast"), std::string::npos) << "it warns at once";
  const auto ours = lab().tool("plain_client.py", {"get", lab().env("LAB_ALLOWED")});
  EXPECT_TRUE(ours.ok()) << ours.text();
}

TEST_F(Expiry, AListThatEndsEndsSessionsAfterItsGraceAlone) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com");
  ca.publish(Seconds{8});
  double end = std::floor(wall_seconds()) + 8;
  connect(ca);
  double late = end_after(end, "revocation_stale", Seconds{14});
  std::cout << "ended " << late << " s after nextUpdate, without grace\n";
  EXPECT_LT(late, 4) << "the second of nextUpdate is good, and each second is looked at";
  expect_none_new("crl_expired");

  ca.publish(Seconds{8});
  end = std::floor(wall_seconds()) + 8;
  connect(ca, "crl_grace = \"4s\"\n");
  late = end_after(end, "revocation_stale", Seconds{20});
  std::cout << "ended " << late << " s after nextUpdate, with 4 s of grace\n";
  EXPECT_GT(late, 3.5);
  EXPECT_LT(late, 9);

  // Expired at a start: it starts, and says why it lets nobody of this authority in.
  restart_gateway();
  EXPECT_FALSE(connects());
  EXPECT_TRUE(authority()["certificates"][0]["problem"].is_string()) << authority();
  ca.publish();
  EXPECT_TRUE(eventually([&] { return connects(); }, Seconds{8})) << "a fresh list is found by itself";
}

TEST_F(Expiry, ABadListChangesNothingAndAMissingOneKeepsAGatewayFromStarting) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com");
  const auto older = lab().read("corp/list.crl");
  ca.publish();
  connect(ca);
  const auto good = lab().read("corp/list.crl");
  const auto number = authority()["certificates"][0]["crl"]["number"];
  const ForeignCa forger{lab(), "forger", "Corp CA"};
  forger.publish();
  forger.publish();
  auto corrupt = good;
  corrupt[corrupt.size() / 2] = '*';
  struct Fault {
    const char* name;
    std::string content;
    const char* words;
  };
  for (const auto& fault :
       {Fault{"older", older, "un-revoke"}, Fault{"corrupt", corrupt, "damaged"},
        Fault{"forged", lab().read("forger/list.crl"), "signature"}, Fault{"empty", "", "no revocation list"}}) {
    lab().write("corp/list.crl", fault.content);
    EXPECT_TRUE(has_alarm(fault.words)) << fault.name << ": " << source();
    EXPECT_EQ(authority()["certificates"][0]["crl"]["number"], number) << fault.name;
    EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << fault.name;
  }
  std::filesystem::remove(lab().path("corp/list.crl"));
  EXPECT_TRUE(has_alarm("")) << source();
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << "missing while it runs";
  EXPECT_TRUE(lab().ctl({"reload"}).ok()) << "no list of theirs holds up ours";

  // The last good list, and how far revocation has come, outlive a restart.
  restart_gateway();
  EXPECT_TRUE(connects()) << "by the list that was kept: " << gateway_log();
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  std::filesystem::remove_all(lab().path("state/revocation"));
  const auto missing = try_start();
  EXPECT_EQ(missing.exit_code, 78) << missing.text();
  lab().write("corp/list.crl", older);
  const auto back = try_start();
  EXPECT_EQ(back.exit_code, 78) << "the mark is remembered: " << back.text();
  EXPECT_NE(back.text().find("un-revoke"), std::string::npos) << back.text();
  lab().write("corp/list.crl", good);
  EXPECT_TRUE(lab().start("sallyport-gateway").ok());
  EXPECT_TRUE(connects());
}

}  // namespace
}  // namespace sallyport::lab
