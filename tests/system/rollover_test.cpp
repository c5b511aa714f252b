#include "tests/system/support/certificates.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>

namespace sallyport::lab {
namespace {

namespace fs = std::filesystem;
using Place = Lab::Place;

/// SALLYPORT_KILL_TRIES: how many whole rollovers are interrupted at random moments.
int kill_tries() {
  const char* wanted = std::getenv("SALLYPORT_KILL_TRIES");
  return wanted == nullptr ? 3 : std::atoi(wanted);
}

const std::string kRenewSoon = "2s";

/// Another laptop than the lab's: a service and a command of its own, out on the internet.
class Another {
 public:
  Another(Lab& lab, std::string name) : lab_{lab}, name_{std::move(name)} {
    fs::create_directories(lab.path(name_));
    lab.write(name_ + "/client.toml", "version = 1\nstate = \"" + lab.path(name_ + "/state") + "\"\nruntime = \"" +
                                          lab.path(name_ + "/run") +
                                          "\"\n[profile.office]\ngateway = \"203.0.113.2:443\"\n"
                                          "name = \"vpn.example.com\"\n");
    for (const char* each : {"", "/client.toml"}) {
      fs::permissions(lab.path(name_ + each), fs::perms::group_write | fs::perms::others_write,
                      fs::perm_options::remove);
    }
  }
  Ran enroll(const json& token) {
    return lab_.run_at(Place::Internet,
                       {Lab::build_root() + "/client/cli/sallyport", "--config", lab_.path(name_ + "/client.toml"),
                        "enroll", "203.0.113.2", "--name", "vpn.example.com", "--token", token.value("token", ""),
                        "--pin", token.value("pin", ""), "--replace"},
                       Seconds{30});
  }
  void start() {
    service_.emplace(lab_.start_at(
        Place::Internet,
        {Lab::build_root() + "/client/daemon/sallyportd", "--config", lab_.path(name_ + "/client.toml")}, name_));
    ASSERT_TRUE(eventually([&] { return client({"--json", "status"}).last_line().contains("state"); }));
  }
  /// As a laptop that is switched off: its service ends, and undoes what it changed.
  void stop() {
    service_->signal(SIGTERM);
    EXPECT_TRUE(service_->wait(Seconds{10}));
    service_.reset();
  }
  Ran client(const Words& words, Seconds limit = Seconds{20}) {
    Words all{Lab::build_root() + "/client/cli/sallyport", "--socket", lab_.path(name_ + "/run/client.sock")};
    all.insert(all.end(), words.begin(), words.end());
    return lab_.run_at(Place::Internet, all, limit);
  }
  [[nodiscard]] std::string log() const { return service_ ? service_->output() : std::string{}; }

 private:
  Lab& lab_;
  std::string name_;
  std::optional<Background> service_;
};

class Rollover : public CertificateLab {
 protected:
  json status() { return lab().client({"--json", "status"}).last_line(); }
  json rotation() { return lab().ctl({"--json", "ca", "status"}).last_line(); }
  std::size_t count(const char* key) {
    const auto shown = rotation();
    return shown.contains(key) && shown[key].is_number_unsigned() ? shown[key].get<std::size_t>() : 0;
  }
  bool reaches(const char* key, std::size_t number, Seconds limit = Seconds{15}) {
    return eventually([&] { return count(key) == number; }, limit);
  }
  bool lacks(const std::string& device, const std::string& what) {
    const auto shown = rotation();
    for (const auto& each : shown.at("missing")) {
      if (each.value("device", "") == device) return each.value("lacks", "") == what;
    }
    return false;
  }
  void kill_gateway() {
    ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text() << lab().read("log/sallyport-gateway.log");
  }
  std::size_t trusted_by(const std::string& file) {
    const auto text = lab().read(file);
    std::size_t found = 0;
    for (auto at = text.find("BEGIN CERTIFICATE"); at != std::string::npos; at = text.find("BEGIN CERTIFICATE", at + 1))
      ++found;
    return found;
  }
};

TEST_F(Rollover, HappensUnderAFlowThatLivesOn) {
  open_door("");
  ASSERT_TRUE(enroll(make_token({"--device", "ana-flow"})).ok());
  Another away{lab(), "away"};
  Another late{lab(), "late"};
  ASSERT_TRUE(away.enroll(make_token({"--device", "ana-away"})).ok());
  ASSERT_TRUE(late.enroll(make_token({"--device", "ana-late"})).ok());
  // The lab's own two were enrolled by files and will not come back.
  ASSERT_TRUE(lab().ctl({"devices", "revoke", "ana-laptop"}).ok());
  ASSERT_TRUE(lab().ctl({"devices", "disable", "tool-1"}).ok());
  ASSERT_TRUE(lab().client({"up"}).ok()) << lab().client({"status"}).text();
  const auto old_pin = make_token().value("pin", "");
  auto download =
      lab().start_at(Place::Laptop, Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "8"}), "download");
  ASSERT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; })) << download.output();

  // 1: both are trusted, whoever is connected learns of the new one, and nobody is disconnected for it.
  const auto begun = lab().ctl({"--json", "ca", "rotate"});
  ASSERT_TRUE(begun.ok()) << begun.text();
  EXPECT_EQ(begun.last_line().value("sessions_ended", 9), 0);
  ASSERT_TRUE(reaches("with_new_authority", 1)) << rotation() << status();
  EXPECT_EQ(trusted_by("laptop/state/ca.pem"), 2U);
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0);
  EXPECT_EQ(lab().audit_count("authority.held"), 1U);
  kill_gateway();
  ASSERT_TRUE(lab().wait_online());
  EXPECT_EQ(count("with_new_authority"), 1U) << "it is on record";

  // 2: it signs for who has it.
  const auto issuing = lab().ctl({"--json", "ca", "rotate", "--issue", "--renew-within", kRenewSoon});
  ASSERT_TRUE(issuing.ok()) << issuing.text();
  ASSERT_TRUE(reaches("with_new_certificate", 1)) << rotation() << status();
  ASSERT_TRUE(eventually([&] { return lab().audit_count("certificate.revoked", "renewed") >= 1; }, Seconds{10}));
  kill_gateway();
  ASSERT_TRUE(lab().wait_online());
  const auto refused = lab().ctl({"ca", "rotate", "--finish"});
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.text().find("2 of 3 devices would be locked out"), std::string::npos) << refused.text();
  EXPECT_TRUE(lacks("ana-away", "authority"));

  // The one that was away comes back in time, and gets everything by itself.
  away.start();
  ASSERT_TRUE(away.client({"up"}).ok()) << away.client({"status"}).text() << away.log();
  ASSERT_TRUE(reaches("with_new_certificate", 2)) << rotation() << away.log();
  ASSERT_TRUE(reaches("stranded", 1)) << rotation();
  EXPECT_TRUE(lacks("ana-late", "authority"));

  // 3: the old one counts no more.
  EXPECT_FALSE(lab().ctl({"ca", "rotate", "--finish"}).ok());
  const auto finished = lab().ctl({"--json", "ca", "rotate", "--finish", "--force"});
  ASSERT_TRUE(finished.ok()) << finished.text();
  EXPECT_EQ(finished.last_line().value("stranded", 0), 1);
  EXPECT_EQ(finished.last_line().value("sessions_ended", 9), 0);
  EXPECT_FALSE(download.wait(Seconds{0})) << "the download broke: " << download.output();
  EXPECT_EQ(lab().audit_count("session.close", "trust_changed"), 0U);
  EXPECT_EQ(lab().audit_count("authority.rotation"), 4U) << "spreading, issuing, retiring, none";

  // New connections, by the new authority alone on both sides.
  kill_gateway();
  ASSERT_TRUE(lab().wait_online());
  ASSERT_TRUE(eventually([&] { return trusted_by("laptop/state/ca.pem") == 1; })) << "the old one is let go";
  EXPECT_FALSE(download.wait(Seconds{0})) << "the download broke: " << download.output();
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  ASSERT_TRUE(away.client({"down"}).ok());
  EXPECT_TRUE(away.client({"up"}).ok()) << away.client({"status"}).text();
  away.stop();

  // Who comes later than that is told what to do, and it helps.
  late.start();
  const auto locked_out = late.client({"up"}, Seconds{25});
  EXPECT_FALSE(locked_out.ok());
  EXPECT_NE(locked_out.text().find("sallyport enroll --replace"), std::string::npos) << locked_out.text();
  auto old_token = make_token({"--device", "ana-late", "--replace"});
  const auto new_pin = old_token.value("pin", "");
  EXPECT_NE(new_pin, old_pin);
  old_token["pin"] = old_pin;
  EXPECT_NE(late.enroll(old_token).text().find("another authority than the --pin says"), std::string::npos);
  old_token["pin"] = new_pin;
  ASSERT_TRUE(late.enroll(old_token).ok());
  (void)late.client({"down"});
  EXPECT_TRUE(late.client({"up"}).ok()) << late.client({"status"}).text();
  late.stop();
}

TEST_F(Rollover, IsGivenUpWithoutATrace) {
  open_door("");
  ASSERT_TRUE(enroll(make_token({"--device", "ana-flow"})).ok());
  ASSERT_TRUE(lab().client({"up"}).ok());
  const auto before = lab().read("laptop/state/ca.pem");
  ASSERT_TRUE(lab().ctl({"ca", "rotate"}).ok());
  ASSERT_TRUE(reaches("with_new_authority", 1)) << rotation();
  const auto aborted = lab().ctl({"ca", "abort"});
  ASSERT_TRUE(aborted.ok()) << aborted.text();
  ASSERT_TRUE(eventually([&] { return trusted_by("laptop/state/ca.pem") == 1; })) << lab().read("laptop/state/ca.pem");
  EXPECT_EQ(lab().read("laptop/state/ca.pem"), before);
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0);
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
}

TEST_F(Rollover, IsUnderstoodByCurlAndOpensslAlone) {
  open_door("");
  ASSERT_TRUE(lab().ctl({"ca", "rotate"}).ok());
  const auto got =
      lab().run_at(Place::Internet, {"curl", "-sS", "--max-time", "8", "--cacert", lab().env("LAB_CA"), "--resolve",
                                     "vpn.example.com:8443:203.0.113.2", "-o", lab().path("ca.out"),
                                     "https://vpn.example.com:8443/.well-known/est/cacerts"});
  ASSERT_TRUE(got.ok()) << got.text();
  ASSERT_TRUE(run({"openssl", "base64", "-d", "-in", lab().path("ca.out"), "-out", lab().path("ca.p7")}).ok());
  const auto shown = run({"openssl", "pkcs7", "-inform", "DER", "-in", lab().path("ca.p7"), "-print_certs"});
  std::size_t certificates = 0;
  for (auto at = shown.output.find("BEGIN"); at != std::string::npos; at = shown.output.find("BEGIN", at + 1))
    ++certificates;
  EXPECT_EQ(certificates, 3U) << shown.output;
  EXPECT_TRUE(run({"openssl", "verify", "-CAfile", lab().env("LAB_CA"), lab().path("state/ca/next/vouched.pem")}).ok());
  // A plain device renews all the same, by the authority that it knows.
  make_request("first");
  ASSERT_EQ(buy("first", make_token({"--device", "ana-plain"}).value("token", "")).status, 200);
  ASSERT_TRUE(lab().ctl({"ca", "rotate", "--issue"}).ok());
  make_request("second");
  const auto second = renew("second", "first");
  ASSERT_EQ(second.status, 200) << second.answer;
  EXPECT_TRUE(run({"openssl", "verify", "-CAfile", lab().env("LAB_CA"), second.certificate}).ok())
      << "it never said that it has the new one";
}

/// Commands and gateways that die by SIGKILL anywhere on the way.
class KilledRollover : public Rollover {
 protected:
  /// Runs a command and kills it, or lets it finish when it is faster; then the same command goes on.
  void interrupted(const Words& words) {
    {
      Background command{lab().command("LAB_CTL", words), lab().path("log/killed.log")};
      std::this_thread::sleep_for(
          std::chrono::microseconds{std::uniform_int_distribution<int>{5'000, 90'000}(random_)});
      command.signal(SIGKILL);
      died_ += command.wait(Seconds{10}) == 128 + SIGKILL ? 1 : 0;
    }
    // Whatever was left, a gateway starts by it, and lets in who is enrolled by an authority that counts.
    kill_gateway();
    const auto repeated = lab().ctl(words, Seconds{20});
    const bool was_done = repeated.text().find("no change of authorities is under way") != std::string::npos;
    EXPECT_TRUE(repeated.ok() || was_done) << repeated.text();
  }
  std::mt19937 random_{std::random_device{}()};
  int died_ = 0;
};

TEST_F(KilledRollover, AlwaysGoesOn) {
  open_door("");
  for (int round = 0; round < kill_tries() && !HasFailure(); ++round) {
    const auto before = lab().read("state/ca/ca.pem");
    interrupted({"ca", "rotate"});
    EXPECT_EQ(rotation().value("phase", ""), "spreading");
    interrupted({"ca", "rotate", "--issue"});
    EXPECT_EQ(rotation().value("phase", ""), "issuing");
    interrupted({"ca", "rotate", "--finish", "--force"});
    EXPECT_EQ(rotation().value("phase", ""), "none");
    EXPECT_NE(lab().read("state/ca/ca.pem"), before);
    const auto enrolled = enroll(make_token());
    EXPECT_TRUE(enrolled.ok()) << enrolled.text();
    EXPECT_TRUE(lab().client({"up"}, Seconds{20}).ok()) << lab().client({"status"}).text();
    EXPECT_TRUE(lab().client({"down"}).ok());
  }
  EXPECT_FALSE(fs::exists(lab().path("state/ca/next")));
  std::cout << kill_tries() << " rollovers, three kills of the command and of the gateway in each; " << died_
            << " commands were not done yet\n";
}

}  // namespace
}  // namespace sallyport::lab
