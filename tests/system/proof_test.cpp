#include "tests/system/support/fixture.hpp"

#include <cctype>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;

constexpr const char* kUser = "ana@example.com";

/// RFC 6238 once more, by another implementation.
constexpr const char* kTotp = R"(
import base64, hashlib, hmac, struct, sys, time
secret, steps = base64.b32decode(sys.argv[1]), int(sys.argv[2])
mac = hmac.new(secret, struct.pack('>Q', int(time.time()) // 30 + steps), hashlib.sha1).digest()
at = mac[-1] & 15
print('%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000))
)";

/// Sends a little every 20 ms over one connection until it breaks; says when, in seconds since 1970.
constexpr const char* kLiveFlow = R"(
import json, socket, sys, time
flow = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
print('open', flush=True)
end = time.time() + 60
while time.time() < end:
    try:
        flow.sendall(b'x')
    except OSError as error:
        print(json.dumps({'cut': time.time(), 'how': type(error).__name__}), flush=True)
        break
    time.sleep(0.02)
)";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Whether the digits stand there by themselves, and not within a longer number or name.
bool has_number(const std::string& text, const std::string& digits) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (auto at = text.find(digits); at != std::string::npos; at = text.find(digits, at + 1)) {
    const auto end = at + digits.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

/// A place that opens by a proof: 10.20.4.10:2222, which nothing else allows.
class ProofLab : public OwnLab {
 protected:
  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    demand("60s");
    const auto enrolled = lab().ctl({"users", "totp", "enroll", kUser, "--json"});
    ASSERT_TRUE(enrolled.ok()) << enrolled.text();
    enrolment_ = json::parse(enrolled.output);
  }
  void demand(const std::string& age) {
    lab().write(
        "etc/policy.d/20-vault.toml",
        "version = 1\n[resources]\nvault = { net = \"10.20.4.10\", ports = \"2222/tcp\" }\n[allow.vault]\nwho = "
        "\"staff\"\nto = \"vault\"\nproof_age = \"" +
            age + "\"\n");
    const auto reloaded = lab().ctl({"reload"});
    ASSERT_TRUE(reloaded.ok()) << reloaded.text();
  }
  std::string code(int steps = 0) const {
    auto text =
        run({"/usr/bin/python3", "-c", kTotp, enrolment_["secret"].get<std::string>(), std::to_string(steps)}).output;
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  Ran login(const std::string& typed, Words more = {}) {
    Words words = lab().command("LAB_CLIENT", {"--json", "login", "--code-stdin"});
    words.insert(words.end(), more.begin(), more.end());
    Words shell{"/bin/sh", "-c", "code=$1; shift; printf '%s\\n' \"$code\" | \"$@\"", "login", typed};
    shell.insert(shell.end(), words.begin(), words.end());
    return run(shell, Seconds{30});
  }
  json status() { return json::parse(lab().client({"--json", "status"}).output, nullptr, false); }
  std::vector<std::string> waiting() {
    return status().value("proof", json::object()).value("waiting", std::vector<std::string>{});
  }
  std::string explained(const std::string& user) {
    const auto explanation = lab().ctl({"--json", "policy", "explain", "--as", user, "--device",
                                        lab().env("LAB_DEVICE"), "--to", "10.20.4.10:2222/tcp"});
    const auto answer = explanation.last_line();
    return answer.is_object() ? answer.value("verdict", "") : explanation.text();
  }
  bool reaches_vault() { return lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code == 0; }
  std::string why() {
    return json::parse(lab().client({"--json", "why", lab().env("LAB_FORBIDDEN")}).output, nullptr, false)
        .value("reason", "");
  }

  json enrolment_;
};

TEST_F(ProofLab, ARightCodeOpensWhatAsksForItOnceAndTheSameCodeOpensNothing) {
  EXPECT_TRUE(eventually([&] { return waiting() == std::vector<std::string>{"vault"}; }));
  EXPECT_FALSE(reaches_vault());
  EXPECT_EQ(why(), "sign_in_needed");
  const auto wrong = login("000000");
  EXPECT_EQ(wrong.exit_code, 5) << wrong.text();
  EXPECT_EQ(wrong.last_line().value("reason", ""), "wrong_code") << wrong.text();
  EXPECT_EQ(wrong.last_line().value("tries_left", 0), 4);

  const auto typed = code();
  const auto right = login(typed, {"--for", "vault"});
  ASSERT_EQ(right.exit_code, 0) << right.text();
  EXPECT_EQ(right.last_line().value("verdict", ""), "accepted");
  EXPECT_TRUE(reaches_vault()) << "routed when the command returns";
  EXPECT_TRUE(waiting().empty());
  const auto idle = login("unread");
  EXPECT_EQ(idle.exit_code, 0) << idle.text();
  EXPECT_EQ(idle.last_line().value("verdict", ""), "not_asked");
  EXPECT_EQ(login("unread", {"--for", lab().env("LAB_FORBIDDEN")}).exit_code, 0);

  const auto again = login(typed, {"--renew"});
  EXPECT_EQ(again.exit_code, 5) << again.text();
  EXPECT_EQ(again.last_line().value("reason", ""), "wrong_code");
  EXPECT_TRUE(reaches_vault()) << "a failed renewal takes nothing away";
  EXPECT_EQ(lab().audit_count("proof.accepted", "totp"), 1U);
  EXPECT_EQ(lab().audit_count("proof.refused", "wrong_code"), 2U);
}

TEST_F(ProofLab, ALiveFlowIsCutAtTheLapse) {
  demand("6s");
  ASSERT_TRUE(eventually([&] { return waiting() == std::vector<std::string>{"vault"}; }));
  const auto right = login(code());
  ASSERT_EQ(right.exit_code, 0) << right.text();
  auto flow = lab().start_at(Place::Laptop, {"/usr/bin/python3", "-c", kLiveFlow, "10.20.4.10", "2222"}, "live-flow");
  ASSERT_TRUE(flow.wait(Seconds{20})) << "it has to be cut";
  const auto end = flow.last_line();
  ASSERT_TRUE(end.is_object()) << flow.output();
  std::tm until{};
  ASSERT_NE(::strptime(right.last_line().value("until", "").c_str(), "%Y-%m-%dT%H:%M:%SZ", &until), nullptr);
  const double latency = end.value("cut", 0.0) - static_cast<double>(::timegm(&until));
  std::cout << "cut " << latency * 1000 << " ms after the lapse, by " << end.value("how", "") << '\n';
  RecordProperty("cut_after_ms", static_cast<int>(latency * 1000));
  EXPECT_GE(latency, 0.0);
  EXPECT_LT(latency, 2.0);
  EXPECT_FALSE(reaches_vault());
  EXPECT_TRUE(eventually([&] { return waiting() == std::vector<std::string>{"vault"}; }));
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
}

TEST_F(ProofLab, AProofSurvivesAReconnectAndARestartOfTheGatewayAndEndsWithTheSecret) {
  demand("10m");
  ASSERT_TRUE(eventually([&] { return waiting() == std::vector<std::string>{"vault"}; }));
  ASSERT_EQ(login(code()).exit_code, 0);
  ASSERT_TRUE(reaches_vault());

  ASSERT_TRUE(lab().client({"down"}).ok());
  EXPECT_TRUE(eventually([&] { return explained(kUser) == "allow"; })) << "without a session: what is on record counts";
  EXPECT_EQ(explained("bo@example.com"), "deny") << "and what somebody else proved does not";
  ASSERT_TRUE(lab().client({"up", "office"}, Seconds{20}).ok());
  EXPECT_TRUE(eventually([&] { return reaches_vault(); })) << "after a reconnect";

  ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  ASSERT_TRUE(lab().wait_online(Seconds{20}));
  EXPECT_TRUE(eventually([&] { return reaches_vault(); }, Seconds{10})) << "after a restart of the gateway";

  const auto reset = lab().ctl({"users", "totp", "reset", kUser, "--json"});
  ASSERT_TRUE(reset.ok()) << reset.text();
  EXPECT_EQ(reset.last_line().value("sessions", 0), 1) << reset.text();
  EXPECT_FALSE(reaches_vault()) << "at once";
  EXPECT_EQ(lab().audit_count("proof.reset"), 1U);
  const auto no_secret = login(code(1));
  EXPECT_EQ(no_secret.exit_code, 5);
  EXPECT_EQ(no_secret.last_line().value("reason", ""), "not_enrolled") << no_secret.text();
}

TEST_F(ProofLab, GuessingIsSlowedDownAndNoSecretReachesALogOrARecord) {
  ASSERT_TRUE(eventually([&] { return waiting() == std::vector<std::string>{"vault"}; }));
  const auto recovery = enrolment_["recovery_codes"][0].get<std::string>();
  const auto typed = code();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(login("00000" + std::to_string(i)).exit_code, 5);
  EXPECT_EQ(login("000009").last_line().value("wait_seconds", 0), 30);
  EXPECT_EQ(login(typed).last_line().value("reason", ""), "wait") << "right, and not looked at";
  EXPECT_EQ(login(recovery).last_line().value("reason", ""), "wait");
  EXPECT_FALSE(reaches_vault());
  EXPECT_EQ(lab().audit_count("proof.refused", "wrong_code"), 5U);
  EXPECT_EQ(lab().audit_count("proof.enrolled"), 1U);

  for (const auto& entry : std::filesystem::recursive_directory_iterator{lab().directory()}) {
    if (!entry.is_regular_file()) continue;
    const auto content = content_of(entry.path());
    for (const auto& secret : {enrolment_["secret"].get<std::string>(), recovery}) {
      EXPECT_EQ(content.find(secret), std::string::npos) << entry.path();
    }
    // Six digits may stand in anything that is not text.
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".log") && name.find("audit") == std::string::npos) continue;
    for (const auto& secret : {typed, std::string{"000009"}}) EXPECT_FALSE(has_number(content, secret)) << entry.path();
  }
}

}  // namespace
}  // namespace sallyport::lab
