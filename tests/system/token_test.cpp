#include "tests/support/soft_token.hpp"
#include "tests/system/support/certificates.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// "web" asks for a key proved seconds ago; "bulk", on the office's second address, asks for none.
constexpr int kAgeSeconds = 8;
constexpr int kBeatSeconds = kAgeSeconds / 2;
constexpr const char* kResource = "\n[resources]\nbulk = { net = \"10.20.9.9\", ports = \"8080/tcp\" }\n";
constexpr const char* kRule = R"(
[allow.staff-bulk]
who = "staff"
to  = "bulk"
)";
constexpr const char* kBulk = "10.20.9.9:8080";

/// A laptop whose key is on a token.
class TokenLab : public CertificateLab {
 protected:
  void SetUp() override {
    if (const auto why = SoftToken::impossible(); !why.empty()) GTEST_SKIP() << why;
    std::string name = "/tmp/sallyport-token.XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    // The daemon inherits where its token is.
    token_.emplace(directory_);
    pin_file_ = directory_ + "/pin";
    write_pin(SoftToken::kPin);
    CertificateLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto policy = lab().read("etc/policy.d/10-lab.toml");
    policy = replaced(policy, "to  = [\"web\", \"ping\"]", "to  = [\"web\", \"ping\"]\nkey_age = \"8s\"");
    policy = replaced(policy, "cannot = [\"10.20.4.10:2222/tcp\", \"10.20.9.9:8080/tcp\"]",
                      "cannot = [\"10.20.4.10:2222/tcp\"]");
    policy = replaced(policy, "\n[resources]\n", kResource);
    lab().write("etc/policy.d/10-lab.toml", policy + kRule);
  }
  void TearDown() override {
    CertificateLab::TearDown();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void write_pin(const std::string& pin) const {
    std::ofstream{pin_file_} << pin << '\n';
    std::filesystem::permissions(pin_file_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  [[nodiscard]] std::string uri() const { return token_->uri("sallyport", "&pin-source=file:" + pin_file_); }
  /// client.toml with this key, known to the daemon.
  void configure(const std::string& key) {
    const auto text = lab().read("laptop/client.toml");
    lab().write("laptop/client.toml", text.substr(0, text.find("key ")) + "key     = \"" + key + "\"\n");
    std::filesystem::remove(lab().path("laptop/state/device.key"));
    restart_client();
  }
  void restart_client() {
    const auto stopped = lab().stop("sallyportd");
    ASSERT_TRUE(stopped.ok()) << stopped.text();
    const auto started = lab().start("sallyportd");
    ASSERT_TRUE(started.ok()) << started.text();
  }
  void enrol(const std::string& settings = {}) {
    open_door(settings);
    configure(uri());
    const auto enrolled = enroll(make_token());
    ASSERT_TRUE(enrolled.ok()) << enrolled.text();
  }
  void connect() {
    const auto up = lab().client({"up"}, Seconds{25});
    ASSERT_TRUE(up.ok()) << up.text();
  }
  json status() { return lab().client({"--json", "status"}).last_line(); }
  /// Why the key does not sign; empty: it does.
  std::string key_reason() {
    const auto now = status();
    return now.contains("key") ? now["key"]["failure"].value("reason", "") : "";
  }
  [[nodiscard]] bool reaches(const std::string& place) { return lab().fetch(place).exit_code == 0; }
  /// Breaks off when nothing came for `patience` seconds.
  Background download(const std::string& place, const std::string& name, const std::string& patience = "2") {
    return lab().start_at(Place::Laptop, Lab::script("download.py", {place, "/stream", patience}), name);
  }
  static bool flows(const Background& download) { return download.output().find("first") != std::string::npos; }
  /// How long until `condition` holds.
  static double seconds_until(const std::function<bool()>& condition, double limit) {
    const auto begun = steady_clock::now();
    if (!eventually(condition, Seconds{limit})) return limit;
    return Seconds{steady_clock::now() - begun}.count();
  }

  std::string directory_;
  std::string pin_file_;
  std::optional<SoftToken> token_;
};

TEST_F(TokenLab, APulledTokenEndsAccessWithinOneBeatAndBackInItRestoresIt) {
  ASSERT_NO_FATAL_FAILURE(enrol());
  ASSERT_NO_FATAL_FAILURE(connect());
  ASSERT_TRUE(eventually([&] { return reaches(lab().env("LAB_ALLOWED")); }, Seconds{10}));
  auto guarded = download(lab().env("LAB_ALLOWED"), "guarded");
  auto free = download(kBulk, "free", "6");
  ASSERT_TRUE(eventually([&] { return flows(guarded) && flows(free); }, Seconds{10}))
      << guarded.output() << free.output();
  // Far beyond the age that the handshake alone would give.
  EXPECT_FALSE(guarded.wait(Seconds{9})) << guarded.output();

  token_->pull();
  // One fetch alone may fail for want of time on a busy machine.
  const auto cut =
      seconds_until([&] { return !reaches(lab().env("LAB_ALLOWED")) && key_reason() == "token_absent"; }, 10);
  EXPECT_LT(cut, kAgeSeconds - 1) << "sooner than by age alone";
  EXPECT_TRUE(guarded.wait(Seconds{10})) << "the live flow goes on";
  EXPECT_FALSE(free.wait(Seconds{0})) << "what asks for no key was cut: " << free.output();
  EXPECT_TRUE(eventually([&] { return reaches(kBulk); }));
  EXPECT_EQ(status().value("state", ""), "online");
  EXPECT_EQ(key_reason(), "token_absent") << status();
  EXPECT_NE(lab().client({"status"}).text().find("does not sign"), std::string::npos)
      << lab().client({"status"}).text();
  EXPECT_TRUE(eventually([&] { return lab().audit_count("attestation.refused", "cannot_sign") >= 1; }))
      << "it is on its way to the file";
  EXPECT_EQ(lab().audit_count("attestation.refused", "cannot_sign"), 1U);

  token_->put_back();
  const auto restored = seconds_until([&] { return reaches(lab().env("LAB_ALLOWED")); }, 15);
  EXPECT_LT(restored, kAgeSeconds - 1);
  const auto back = status();
  EXPECT_FALSE(back.contains("key")) << back;
  EXPECT_EQ(back["traffic"].value("reconnects", 9), 0);
  EXPECT_FALSE(free.wait(Seconds{0})) << free.output();
  EXPECT_EQ(lab().audit_count("session.open"), 1U) << "it was one session all the time";
  EXPECT_EQ(lab().audit_count("session.close"), 0U);
  std::cout << "cut after " << cut << " s, restored after " << restored << " s\n";
}

TEST_F(TokenLab, TheTokenSignsAndDoesNothingElse) {
  ASSERT_NO_FATAL_FAILURE(enrol());
  token_->clear();
  ASSERT_NO_FATAL_FAILURE(connect());
  ASSERT_TRUE(eventually([&] { return reaches(lab().env("LAB_ALLOWED")); }));
  const auto bulk = lab().run_at(
      Place::Laptop,
      {"curl", "-sS", "-o", "/dev/null", "-w", "%{size_download}", "http://" + std::string{kBulk} + "/blob/20000000"},
      Seconds{20});
  EXPECT_EQ(bulk.output, "20000000") << bulk.text();
  std::size_t signatures = 0;
  for (const auto& call : token_->calls()) {
    EXPECT_TRUE(call == "C_Login" || call == "C_SignInit 0x1041" || call == "C_Sign") << call;
    signatures += call == "C_Sign" ? 1 : 0;
  }
  EXPECT_GE(signatures, 2U) << "the handshake and the first challenge";
  EXPECT_LE(signatures, 12U) << "one a handshake and one a beat, whatever the traffic";
  EXPECT_EQ(token_->count("C_Login"), 1U);
  std::cout << signatures << " signatures for a handshake, the beats and 20 MB\n";
}

TEST_F(TokenLab, ATokenThatHangsHoldsUpNoPacket) {
  ASSERT_NO_FATAL_FAILURE(enrol());
  ASSERT_NO_FATAL_FAILURE(connect());
  ASSERT_TRUE(eventually([&] { return reaches(lab().env("LAB_ALLOWED")); }));
  token_->hang(true);
  const auto before = token_->count("C_Sign");
  ASSERT_TRUE(eventually([&] { return token_->count("C_Sign") > before; }, Seconds{kBeatSeconds + 2}))
      << "nothing was asked";
  // The signature is under way now, and will be for the next ten seconds.
  double slowest = 0;
  const auto end = steady_clock::now() + milliseconds{6'000};
  while (steady_clock::now() < end) {
    const auto fetched = lab().fetch(kBulk);
    ASSERT_EQ(fetched.exit_code, 0);
    slowest = std::max(slowest, fetched.seconds);
  }
  EXPECT_LT(slowest, 3) << "packets waited for the token, which hangs for ten seconds";
  ASSERT_TRUE(eventually([&] { return key_reason() == "token_silent"; }, Seconds{12})) << status();
  EXPECT_FALSE(reaches(lab().env("LAB_ALLOWED")));
  token_->hang(false);
  EXPECT_TRUE(eventually([&] { return reaches(lab().env("LAB_ALLOWED")); }, Seconds{15})) << status();
  EXPECT_EQ(lab().audit_count("session.close"), 0U);
  std::cout << "slowest fetch beside the hanging token: " << slowest << " s\n";
}

TEST_F(TokenLab, APinThatIsTypedCountsUntilTheServiceStopsAndAWrongOneOnce) {
  ASSERT_NO_FATAL_FAILURE(enrol());
  configure(token_->uri());
  token_->clear();
  const auto refused = lab().client({"--json", "up"}, Seconds{25}).last_line();
  EXPECT_EQ(refused.value("reason", ""), "pin_needed") << refused;
  EXPECT_EQ(token_->count("C_Login"), 0U);
  const auto unlock = [&](const std::string& pin) {
    return run({"sh", "-c", "printf '%s\\n' " + pin + " | " + lab().env("LAB_CLIENT") + " --json unlock --pin-stdin"});
  };
  const auto wrong = unlock("000000");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(wrong.last_line().value("reason", ""), "pin_wrong") << wrong.text();
  std::this_thread::sleep_for(milliseconds{500});
  EXPECT_EQ(token_->count("C_Login"), 1U) << "it was tried again by itself";
  const auto right = unlock(SoftToken::kPin);
  EXPECT_TRUE(right.ok()) << right.text();
  EXPECT_TRUE(lab().wait_online()) << status();
  // Pulled and back: the PIN that was typed still counts.
  token_->pull();
  ASSERT_TRUE(eventually([&] { return status().contains("key"); }, Seconds{10}));
  token_->put_back();
  EXPECT_TRUE(eventually([&] { return !status().contains("key"); }, Seconds{10})) << status();
  ASSERT_NO_FATAL_FAILURE(restart_client());
  EXPECT_EQ(lab().client({"--json", "up"}, Seconds{25}).last_line().value("reason", ""), "pin_needed");
}

TEST_F(TokenLab, AKeyThatIsThereIsTakenOnlyWithConsentAndNoPinIsTriedTwice) {
  ASSERT_NO_FATAL_FAILURE(enrol());
  // The laptop was installed anew: its files are gone, the token is not.
  std::filesystem::remove(lab().path("laptop/state/device.pem"));
  const auto asked = enroll(make_token(), {"--json"});
  EXPECT_EQ(asked.last_line().value("reason", ""), "key_exists") << asked.text();
  const auto agreed = enroll(make_token(), {"--json", "--take-key"});
  EXPECT_TRUE(agreed.ok()) << agreed.text();
  EXPECT_FALSE(std::filesystem::exists(lab().path("laptop/state/device.key")));
  ASSERT_NO_FATAL_FAILURE(connect());

  write_pin("000000");
  token_->clear();
  const auto unused = make_token();
  const auto wrong = enroll(unused, {"--json", "--replace"});
  EXPECT_EQ(wrong.last_line().value("reason", ""), "pin_wrong") << wrong.text();
  EXPECT_EQ(token_->count("C_Login"), 1U);
  EXPECT_EQ(enroll(unused, {"--json", "--replace"}).last_line().value("reason", ""), "pin_needed")
      << "the token counts a failed try: the file is not believed again";
  EXPECT_EQ(token_->count("C_Login"), 1U);
  write_pin(SoftToken::kPin);
  const auto typed = run(
      lab().at(Place::Laptop,
               {"sh", "-c",
                "printf '123456\\n' | " + Lab::build_root() + "/client/cli/sallyport --config " +
                    lab().path("laptop/client.toml") + " --json enroll 203.0.113.2 --name vpn.example.com --token " +
                    unused.value("token", "") + " --pin " + unused.value("pin", "") + " --replace --pin-stdin"}),
      Seconds{20});
  EXPECT_TRUE(typed.ok()) << "the enrolment token was not spent on the failures: " << typed.text();
}

TEST_F(TokenLab, TheRecipeOfTheHandbookWorksAsItStands) {
  if (!run({"sh", "-c", "p11-kit list-modules | grep -qi softhsm"}).ok())
    GTEST_SKIP() << "p11-kit does not know SoftHSM";
  open_door("");
  const auto bought = make_token();
  std::ifstream handbook{Lab::source_root() + "/docs/hardware-keys.md"};
  std::vector<std::string> commands;
  for (std::string line; std::getline(handbook, line) && line != "```toml";) {
    if (line.starts_with("softhsm2-util ") || line.starts_with("install ") || line.starts_with("echo ") ||
        line.starts_with("sallyport ")) {
      commands.push_back(line);
    }
  }
  ASSERT_EQ(commands.size(), 4U);
  const auto pin_file = directory_ + "/token.pin";
  for (auto command : commands) {
    for (std::string::size_type at = 0; (at = command.find("/etc/sallyport/token.pin")) != std::string::npos;)
      command.replace(at, 24, pin_file);
    if (command.starts_with("sallyport ")) {
      command = replaced(command, "vpn.example.com", "203.0.113.2 --name vpn.example.com");
      command = replaced(command, "39c9...51d4", bought.value("pin", ""));
      command =
          replaced(command, "sallyport enroll",
                   "printf '%s\\n' " + bought.value("token", "") + " | " + Lab::build_root() +
                       "/client/cli/sallyport --config " + lab().path("laptop/client.toml") + " enroll --replace");
    }
    const auto ran = run(lab().at(Place::Laptop, {"sh", "-c", command}), Seconds{20});
    ASSERT_TRUE(ran.ok()) << command << '\n' << ran.text();
    if (command.find(" enroll ") == std::string::npos) continue;
    const auto begin = ran.output.find("pkcs11:");
    ASSERT_NE(begin, std::string::npos) << ran.text();
    configure(ran.output.substr(begin, ran.output.find('"', begin) - begin));
  }
  ASSERT_NO_FATAL_FAILURE(connect());
  EXPECT_TRUE(eventually([&] { return reaches(lab().env("LAB_ALLOWED")); }));
}

TEST_F(TokenLab, RenewsOntoANewKeyWhileTrafficGoesOn) {
  ASSERT_NO_FATAL_FAILURE(enrol("lifetime = \"60s\"\n"));
  ASSERT_NO_FATAL_FAILURE(connect());
  const auto first = lab().read("laptop/state/device.pem");
  auto free = download(kBulk, "free", "6");
  ASSERT_TRUE(eventually([&] { return flows(free); }, Seconds{10}));
  token_->clear();
  ASSERT_TRUE(eventually([&] { return lab().audit_count("certificate.revoked", "renewed") >= 1; }, Seconds{70}))
      << status();
  ASSERT_TRUE(eventually([&] { return token_->count("C_DestroyObject") == 2; }, Seconds{15})) << "the pair of before";
  EXPECT_EQ(token_->count("C_GenerateKeyPair"), 1U);
  // The certificate takes its place after the pair of before is gone.
  EXPECT_TRUE(eventually([&] { return lab().read("laptop/state/device.pem") != first; }));
  for (const auto* leftover : {"device.pem.next", "device.pem.pending", "device.key"}) {
    const auto path = lab().path(std::string{"laptop/state/"} + leftover);
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(path); })) << leftover;
  }
  EXPECT_TRUE(eventually([&] { return reaches(lab().env("LAB_ALLOWED")); }, Seconds{10})) << "the new key attests";
  EXPECT_FALSE(free.wait(Seconds{0})) << "the download broke: " << free.output();
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0) << "made before broken";
}

}  // namespace
}  // namespace sallyport::lab
