#include "tests/system/support/fixture.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// A figure from the environment, for longer runs.
int tries(const char* name, int usual) {
  const char* wanted = std::getenv(name);
  return wanted == nullptr ? usual : std::atoi(wanted);
}

/// RFC 6238 once more, by another implementation.
constexpr const char* kTotp = R"(
import base64, hashlib, hmac, struct, sys, time
secret, steps = base64.b32decode(sys.argv[1]), int(sys.argv[2])
mac = hmac.new(secret, struct.pack('>Q', int(time.time()) // 30 + steps), hashlib.sha1).digest()
at = mac[-1] & 15
print('%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000))
)";

/// A second session of the device whose certificate it is given: upgrades, answers no challenge, stays for a while.
constexpr const char* kSilentTwin = R"(
import sys
from plain_client import *
client = PlainClient(sys.argv[1], 443, *sys.argv[2:6])
client.upgrade(REQUEST.format(name=client.name).replace('?1\r\n', '?1\r\nSallyport-Extensions: notice, attest, proof\r\n'))
print('open', flush=True)
client.wait(lambda: False, float(sys.argv[6]))
print('addresses', len(client.addresses), 'closed', client.is_closed, flush=True)
)";

class Sessions : public OwnLab {
 protected:
  /// What stands in the configuration behind the keys that every lab has.
  void configure(const std::string& settings) {
    auto text = lab().read("etc/gateway.toml");
    const auto from = text.find("\n[");
    lab().write("etc/gateway.toml", text.substr(0, from == std::string::npos ? from : from + 1) + settings);
  }
  void limit(const std::string& settings) {
    configure("[sessions]\n" + settings);
    const auto reloaded = lab().ctl({"reload"});
    ASSERT_TRUE(reloaded.ok()) << reloaded.text();
  }
  void restart_gateway() {
    ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text();
  }
  json sessions() { return lab().ctl({"--json", "sessions", "list"}).last_line().value("sessions", json::array()); }
  json gateway_status() { return lab().ctl({"--json", "status"}).last_line(); }
  json client_status() { return lab().client({"--json", "status"}).last_line(); }
  std::uint64_t ended(const std::string& reason) {
    return gateway_status()["session_counts"]["ended"].value(reason, std::uint64_t{0});
  }
  std::uint64_t refused(const std::string& reason) {
    return gateway_status()["session_counts"]["refused"].value(reason, std::uint64_t{0});
  }
  /// 10.20.4.10:2222, which nothing else allows, opens by a proof from now on. The secret of its person.
  std::string guard_the_vault() {
    lab().write(
        "etc/policy.d/20-vault.toml",
        "version = 1\n[resources]\nvault = { net = \"10.20.4.10\", ports = \"2222/tcp\" }\n[allow.vault]\nwho = "
        "\"staff\"\nto = \"vault\"\nproof_age = \"1h\"\n");
    const auto reloaded = lab().ctl({"reload"});
    EXPECT_TRUE(reloaded.ok()) << reloaded.text();
    const auto enrolled = lab().ctl({"users", "totp", "enroll", "ana@example.com", "--json"});
    EXPECT_TRUE(enrolled.ok()) << enrolled.text();
    return json::parse(enrolled.output, nullptr, false).value("secret", "");
  }
  /// A code counts once: another one is of another step.
  Ran prove(const std::string& secret, int steps = 0) {
    auto code = run({"python3", "-c", kTotp, secret, std::to_string(steps)}).output;
    code.erase(std::remove(code.begin(), code.end(), '\n'), code.end());
    Words login{"/bin/sh", "-c", "code=$1; shift; printf '%s\\n' \"$code\" | \"$@\"", "login", code};
    const auto words = lab().command("LAB_CLIENT", {"login", "--code-stdin"});
    login.insert(login.end(), words.begin(), words.end());
    return run(login, Seconds{15});
  }
  bool reaches_vault() { return lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code == 0; }
  /// plain_client.py with the laptop's own identity, from the internet.
  Words twin_command(const Words& more) {
    Words words{lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"), lab().env("LAB_CA"),
                lab().path("laptop/state/device.pem"), lab().path("laptop/state/device.key")};
    words.insert(words.end(), more.begin(), more.end());
    return lab().at(Place::Internet, Lab::script("plain_client.py", words));
  }
  Background silent_twin(const std::string& seconds) {
    const std::string program =
        "import sys; sys.path.insert(0, '" + Lab::source_root() + "/tests/support')\n" + kSilentTwin;
    return lab().start_at(
        Place::Internet,
        {"python3", "-c", program, lab().env("LAB_GATEWAY_HOST"), lab().env("LAB_GATEWAY_NAME"), lab().env("LAB_CA"),
         lab().path("laptop/state/device.pem"), lab().path("laptop/state/device.key"), seconds},
        "twin");
  }
};

TEST_F(Sessions, APlainClientEndsWithItsLifetimeAndOursMovesOn) {
  limit("lifetime = \"2s\"\n");
  const std::string program = "import sys, time; sys.path.insert(0, '" + Lab::source_root() +
                              "/tests/support')\nfrom plain_client import *\n"
                              "c = PlainClient(sys.argv[1], 443, *sys.argv[2:6]).open()\nt = time.time()\n"
                              "c.wait(lambda: False, 6)\nprint(c.is_closed, time.time() - t < 4)\n";
  const auto ran = lab().run_at(Place::Internet,
                                {"python3", "-c", program, lab().env("LAB_GATEWAY_HOST"), lab().env("LAB_GATEWAY_NAME"),
                                 lab().env("LAB_CA"), lab().env("LAB_CERT"), lab().env("LAB_KEY")});
  EXPECT_EQ(ran.output, "True True\n") << ran.text();
  EXPECT_EQ(lab().audit_count("session.close", "lifetime_over"), 1U);
  EXPECT_EQ(ended("lifetime_over"), 1U);
  EXPECT_GE(ended("superseded"), 1U);
  const auto list = sessions();
  ASSERT_FALSE(list.empty());
  EXPECT_TRUE(list[0]["ends"].is_string() && list[0]["moves"].is_string()) << list;
  const auto shown = lab().ctl({"sessions", "list"});
  EXPECT_NE(shown.output.find("ENDS"), std::string::npos) << shown.output;
  // A longer one counts for the session there is.
  limit("lifetime = \"1h\"\n");
  const auto closes = lab().audit_count("session.close");
  std::this_thread::sleep_for(milliseconds{3000});
  EXPECT_EQ(lab().audit_count("session.close"), closes);
  EXPECT_TRUE(lab().is_online());
}

TEST_F(Sessions, AnIdleSessionEndsAndComesBackWithTheNextPacket) {
  limit("idle_limit = \"2s\"\n");
  ASSERT_TRUE(eventually([&] { return lab().audit_count("session.close", "idle") == 1; }, Seconds{8}));
  EXPECT_EQ(ended("idle"), 1U);
  // Nothing of ours brings it back: it stays away.
  std::this_thread::sleep_for(milliseconds{2500});
  EXPECT_EQ(lab().audit_count("session.open"), 1U);
  EXPECT_EQ(client_status()["failure"].value("reason", ""), "idle") << client_status();
  const auto got = lab().fetch(lab().env("LAB_ALLOWED"));
  EXPECT_EQ(got.exit_code, 0) << "the packet itself waited in the tunnel";
  EXPECT_TRUE(lab().is_online());
  EXPECT_LT(got.seconds, 3.0);
}

/// E-18.
TEST_F(Sessions, AStoppedClientFreesItsSlotAndIsBackAtOnceWhenItWakes) {
  limit("dead_peer = \"3s\"\n");
  std::vector<double> up;
  for (int i = 0; i < tries("SALLYPORT_WAKES", 3) && !HasFailure(); ++i) {
    const auto before = lab().audit_count("session.close", "unresponsive");
    ASSERT_EQ(::kill(lab().pid_of("sallyportd"), SIGSTOP), 0);
    const auto stopped = Clock::now();
    EXPECT_TRUE(eventually([&] { return lab().audit_count("session.close", "unresponsive") > before; }, Seconds{8}));
    EXPECT_LT(Seconds{Clock::now() - stopped}.count(), 6);
    EXPECT_TRUE(sessions().empty()) << "the slot is free";
    ASSERT_EQ(::kill(lab().pid_of("sallyportd"), SIGCONT), 0);
    const auto woke = Clock::now();
    ASSERT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }, Seconds{10}));
    up.push_back(Seconds{Clock::now() - woke}.count());
  }
  std::sort(up.begin(), up.end());
  std::cout << "up after waking: p99 " << up.back() << " s of " << up.size() << '\n';
  EXPECT_LE(up.back(), 4.0);
  EXPECT_EQ(ended("unresponsive"), up.size());
}

/// E-21.
TEST_F(Sessions, OfTwoLoginsOfOneDeviceOneIsLeftAndFlappingRaisesAnAlarm) {
  configure("[limits]\nhandshakes_per_second_per_source = 1000\nburst = 1000\n");
  restart_gateway();
  const auto races = tries("SALLYPORT_RACES", 12);
  const auto ran = lab().tool("racing_client.py", {std::to_string(races)}, Seconds{20.0 + races});
  const auto result = ran.last_line();
  std::cout << result << '\n';
  ASSERT_TRUE(result.is_object()) << ran.text();
  EXPECT_EQ(result.value("both_left", 9), 0);
  EXPECT_EQ(result.value("one_left", 0), races);
  EXPECT_EQ(result.value("answered", 0), races);
  EXPECT_GE(lab().audit_count("session.close", "superseded"), static_cast<std::size_t>(std::min(races, 45)))
      << "of one device, a hundred sessions are recorded one by one";
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.open") == lab().audit_count("session.close") + 1; }))
      << "the laptop's alone is left";
  EXPECT_EQ(lab().audit_count("session.flapping"), 1U);
  EXPECT_EQ(gateway_status()["session_counts"].value("flapping", 0), 1);
  EXPECT_NE(lab().ctl({"status"}).output.find("session.flapping"), std::string::npos);
}

TEST_F(Sessions, ATwinThatDoesNotProveItsKeyNeverGetsTheAddress) {
  auto twin = silent_twin("12");
  ASSERT_TRUE(eventually([&] { return twin.output().find("open") != std::string::npos; })) << twin.output();
  ASSERT_TRUE(eventually([&] { return sessions().size() == 2; }));
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << "the laptop goes on";
  EXPECT_EQ(gateway_status().value("sessions", 0), 1) << "one carries";
  ASSERT_TRUE(twin.wait(Seconds{15})) << twin.output();
  EXPECT_NE(twin.output().find("addresses 0 closed True"), std::string::npos) << twin.output();
  EXPECT_EQ(lab().audit_count("session.close", "not_verified"), 1U);
  EXPECT_EQ(lab().audit_count("session.close", "superseded"), 0U);
  EXPECT_EQ(client_status()["traffic"].value("reconnects", 9), 0);
}

/// While a device changes sessions, as after a renewal, it has two: what is proved on the one counts in the other.
TEST_F(Sessions, AProofMadeOnTheSessionThatIsAboutToBeReplacedCountsInTheNext) {
  const auto secret = guard_the_vault();
  auto twin = silent_twin("12");
  ASSERT_TRUE(eventually([&] { return sessions().size() == 2; })) << twin.output();
  const auto ran = prove(secret);
  ASSERT_TRUE(ran.ok()) << ran.text();
  EXPECT_TRUE(eventually([&] {
    const auto list = sessions();
    return list.size() == 2 &&
           std::all_of(list.begin(), list.end(), [](const json& each) { return each["user_proved"].is_string(); });
  })) << sessions();
  ASSERT_TRUE(twin.wait(Seconds{15}));
  // And in the session that really follows.
  ASSERT_TRUE(lab().ctl({"drain", "--over", "8s", "--wait"}, Seconds{15}).ok());
  EXPECT_GE(lab().audit_count("session.close", "superseded"), 1U);
  EXPECT_TRUE(reaches_vault());
}

/// Whoever copied the key to another place gets nothing by what its owner proves, before or after.
TEST_F(Sessions, WithProveADeviceThatComesFromElsewhereHasProvedNothingUntilItsPersonDoesSoAnew) {
  const auto secret = guard_the_vault();
  limit("source_change = \"prove\"\n");
  const auto first = prove(secret);
  ASSERT_TRUE(first.ok()) << first.text();
  ASSERT_TRUE(reaches_vault());
  // A new session from the same place keeps what was proved.
  ASSERT_TRUE(lab().ctl({"drain", "--over", "8s", "--wait"}, Seconds{15}).ok());
  EXPECT_TRUE(reaches_vault());
  EXPECT_EQ(lab().audit_count("session.source_changed"), 0U);

  const auto from_elsewhere = run(twin_command({"get", lab().env("LAB_FORBIDDEN")}));
  EXPECT_FALSE(from_elsewhere.ok()) << from_elsewhere.text();
  EXPECT_GE(lab().audit_count("session.source_changed", "prove"), 1U);
  ASSERT_TRUE(lab().wait_online());
  ASSERT_TRUE(eventually([&] { return sessions().size() == 1; }));
  EXPECT_FALSE(reaches_vault()) << "the laptop, too, is asked anew";
  EXPECT_TRUE(eventually([&] {
    return client_status().value("proof", json::object()).value("waiting", Words{}) == Words{"vault"};
  })) << client_status();

  auto twin = silent_twin("12");
  ASSERT_TRUE(eventually([&] { return sessions().size() == 2; })) << twin.output();
  const auto again = prove(secret, 1);
  ASSERT_TRUE(again.ok()) << again.text();
  EXPECT_TRUE(reaches_vault());
  const auto list = sessions();
  EXPECT_EQ(std::count_if(list.begin(), list.end(), [](const json& each) { return each["user_proved"].is_string(); }),
            1)
      << "what is proved here counts for no session elsewhere: " << list;
}

/// E-22.
TEST_F(Sessions, AFullPoolRefusesClearlyAndLetsTheNextInWhenOneLeaves) {
  ASSERT_TRUE(lab().client({"down"}).ok());
  auto text = lab().read("etc/gateway.toml");
  lab().write("etc/gateway.toml", replaced(text, "[\"10.99.0.0/24\", \"fd12:3456:789a::/64\"]", "\"10.98.0.0/30\""));
  restart_gateway();
  ASSERT_TRUE(lab().client({"up"}).ok()) << lab().client({"status"}).text();
  const auto from = Clock::now();
  const auto refused_one = lab().tool("plain_client.py", {"ping", "10.20.4.10"});
  EXPECT_LT(Seconds{Clock::now() - from}.count(), 4) << "with the start of the program";
  EXPECT_NE(refused_one.text().find("503"), std::string::npos) << refused_one.text();
  EXPECT_NE(refused_one.text().find("pool_exhausted"), std::string::npos) << refused_one.text();
  EXPECT_EQ(lab().audit_count("session.refused", "pool_exhausted"), 1U);
  EXPECT_EQ(refused("pool_exhausted"), 1U);
  EXPECT_EQ(sessions().size(), 1U) << "no half state";
  ASSERT_TRUE(lab().client({"down"}).ok());
  const auto left = Clock::now();
  Ran ran;
  ASSERT_TRUE(eventually(
      [&] {
        ran = lab().tool("plain_client.py", {"ping", "10.20.4.10"});
        return ran.ok();
      },
      Seconds{5}))
      << ran.text();
  const auto took = Seconds{Clock::now() - left}.count();
  std::cout << "let in " << took << " s after the other left, with the start of the program\n";
  EXPECT_LE(took, 4);
  EXPECT_EQ(lab().audit_count("lease.moved"), 1U);
}

TEST_F(Sessions, OnePersonHasAsManyDevicesAsTheyMay) {
  limit("per_user = 1\n");
  const auto key = lab().path("second.key");
  ASSERT_TRUE(run({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                   "/CN=any", "-keyout", key, "-out", lab().path("second.csr")})
                  .ok());
  ASSERT_TRUE(lab()
                  .ctl({"devices", "enroll", "--user", "ana@example.com", "--id", "ana-second", "--csr",
                        lab().path("second.csr"), "--out", lab().path("second.pem")})
                  .ok());
  const auto second = [&] {
    return run(lab().at(
        Place::Internet,
        Lab::script("plain_client.py", {lab().env("LAB_GATEWAY_HOST") + ":443", lab().env("LAB_GATEWAY_NAME"),
                                        lab().env("LAB_CA"), lab().path("second.pem"), key, "ping", "10.20.4.10"})));
  };
  const auto too_many = second();
  EXPECT_NE(too_many.text().find("too_many_devices"), std::string::npos) << too_many.text();
  EXPECT_EQ(lab().audit_count("session.refused", "too_many_devices"), 1U);
  EXPECT_EQ(refused("too_many_devices"), 1U);
  EXPECT_TRUE(lab().is_online());

  limit("per_user = 1\nper_user_full = \"end_oldest\"\n");
  const auto let_in = second();
  EXPECT_TRUE(let_in.ok()) << let_in.text();
  EXPECT_EQ(lab().audit_count("session.close", "too_many_devices"), 1U);
  // The laptop stays away until its person asks.
  const auto opens = lab().audit_count("session.open");
  std::this_thread::sleep_for(milliseconds{2000});
  EXPECT_EQ(lab().audit_count("session.open"), opens);
  EXPECT_EQ(client_status()["failure"].value("reason", ""), "too_many_devices") << client_status();
  EXPECT_TRUE(lab().client({"up"}).ok());
  EXPECT_TRUE(lab().wait_online());
}

TEST_F(Sessions, ADeviceThatComesFromElsewhereIsAuditedProvedOrRefused) {
  const auto audited = run(twin_command({"ping", "10.20.4.10"}));
  EXPECT_TRUE(audited.ok()) << audited.text();
  EXPECT_GE(lab().audit_count("session.source_changed", "audit"), 1U);
  ASSERT_TRUE(lab().wait_online());
  ASSERT_TRUE(eventually([&] { return sessions().size() == 1; }));

  limit("source_change = \"refuse\"\n");
  const auto opens = lab().audit_count("session.open");
  const auto no = run(twin_command({"ping", "10.20.4.10"}));
  EXPECT_FALSE(no.ok());
  EXPECT_NE(no.text().find("source_changed"), std::string::npos) << no.text();
  EXPECT_EQ(lab().audit_count("session.refused", "source_changed"), 1U);
  EXPECT_EQ(lab().audit_count("session.open"), opens);
  EXPECT_TRUE(lab().is_online());
  EXPECT_GE(gateway_status()["session_counts"].value("source_changed", 0), 2);

  const auto text = lab().read("etc/gateway.toml");
  lab().write("etc/gateway.toml", replaced(text, "\"refuse\"", "\"refuze\""));
  const auto bad = lab().ctl({"reload"});
  EXPECT_FALSE(bad.ok());
  EXPECT_NE(bad.text().find("source_change cannot be"), std::string::npos) << bad.text();
  EXPECT_FALSE(run(twin_command({"ping", "10.20.4.10"})).ok()) << "what ran keeps running";
  lab().write("etc/gateway.toml", text);
}

/// What one device has recorded: its events of one kind, one by one and summed up.
struct Told {
  std::size_t one_by_one = 0;
  std::size_t summed_up = 0;
};
Told told_of(const std::vector<json>& audit, const std::string& event, const std::string& reason = {}) {
  Told told;
  for (const auto& record : audit) {
    if (record.value("device", "") != "tool-1") continue;
    const auto name = record.value("event", "");
    const bool is_of_reason = reason.empty() || record.value("reason", "") == reason;
    if (name == event && is_of_reason) ++told.one_by_one;
    if (name == "records.left_out" && record.value("left_out", "") == event && is_of_reason)
      told.summed_up += record.value("count", std::size_t{0});
  }
  return told;
}

TEST_F(Sessions, ADeviceThatConnectsAgainAndAgainIsSlowedDownAndFillsNoAuditFile) {
  configure("[limits]\nhandshakes_per_second_per_source = 1000\nburst = 1000\n");
  restart_gateway();
  const auto ran = lab().tool("hostile_device.py", {"flap", "70"}, Seconds{100});
  const auto result = ran.last_line();
  std::cout << result << '\n';
  ASSERT_TRUE(result.is_object()) << ran.text();
  const auto opened = result.value("opened", std::size_t{0});
  const auto refusals = result["refused"].value("too_often", std::size_t{0});
  EXPECT_GE(opened + result["refused"].value("no_room_to_move", std::size_t{0}), 200U) << "each asked for a session";
  EXPECT_GT(opened, 100U) << "so many are recorded one by one";
  EXPECT_EQ(refusals, 70U) << "it was let in as often as it liked";
  EXPECT_FALSE(result["refused"].contains("closed")) << "nobody was sent away without words";
  EXPECT_EQ(refused("too_often"), refusals);
  EXPECT_GT(gateway_status()["audit"].value("left_out", 0), 0);
  EXPECT_TRUE(lab().wait_online()) << "the laptop has its own budget";
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto audit = lab().audit();
  const auto opens = told_of(audit, "session.open");
  const auto closes = told_of(audit, "session.close");
  const auto sent_away = told_of(audit, "session.refused", "too_often");
  EXPECT_LE(opens.one_by_one, 110U);
  EXPECT_EQ(opens.one_by_one + opens.summed_up, opened) << "no start is missing from the sum";
  EXPECT_EQ(closes.one_by_one, opens.one_by_one) << "what began with a record ends with one";
  EXPECT_EQ(closes.one_by_one + closes.summed_up, opened);
  EXPECT_LE(sent_away.one_by_one, 51U);
  EXPECT_EQ(sent_away.one_by_one + sent_away.summed_up, refusals);
}

TEST_F(Sessions, ADeviceThatForgesItsAnswersAgainAndAgainFillsNoAuditFile) {
  configure("[limits]\nhandshakes_per_second_per_source = 1000\nburst = 1000\n");
  restart_gateway();
  const auto ran = lab().tool("hostile_device.py", {"forge", "70"}, Seconds{60});
  ASSERT_TRUE(ran.last_line().is_object()) << ran.text();
  EXPECT_EQ(ran.last_line().value("ended", 0), 70);
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto told = told_of(lab().audit(), "attestation.refused", "bad_signature");
  EXPECT_GE(told.one_by_one, 50U);
  EXPECT_LE(told.one_by_one, 52U) << "the ration grows again, slowly";
  EXPECT_EQ(told.one_by_one + told.summed_up, 70U) << "none is missing from the sum";
}

TEST_F(Sessions, OneThatChangesSessionsWithoutEndTakesNoMorePlacesThanThereAre) {
  configure("[limits]\nhandshakes_per_second_per_source = 1000\nburst = 1000\nsessions = 2\n");
  restart_gateway();
  ASSERT_TRUE(lab().wait_online());
  EXPECT_EQ(gateway_status()["connections"].value("most", 0), 10) << "two devices, and room to move";
  const auto before = client_status()["traffic"].value("reconnects", 9);
  const auto ran = lab().tool("hostile_device.py", {"pile", "30"}, Seconds{20});
  const auto result = ran.last_line();
  std::cout << result << '\n';
  ASSERT_TRUE(result.is_object()) << ran.text();
  const auto refusals = result["refused"].value("no_room_to_move", std::size_t{0});
  EXPECT_GT(refusals, 0U);
  EXPECT_EQ(refused("no_room_to_move"), refusals);
  EXPECT_LE(gateway_status()["connections"].value("served", 99), 5) << "four of one device, and the laptop";
  EXPECT_TRUE(lab().is_online());
  EXPECT_EQ(client_status()["traffic"].value("reconnects", 9), before) << "the laptop noticed nothing";
  EXPECT_TRUE(eventually([&] { return gateway_status()["connections"].value("served", 99) == 1; }, Seconds{12}))
      << "every place is given back: " << gateway_status()["connections"];
}

/// Make before break where there is no room for one device more.
TEST_F(Sessions, EveryDeviceOfAFullGatewayMovesWhileFurtherOnesAreRefused) {
  configure("[limits]\nsessions = 1\n");
  restart_gateway();
  ASSERT_TRUE(lab().wait_online());
  const auto before = client_status()["traffic"].value("reconnects", 9);
  const auto no = lab().tool("plain_client.py", {"ping", "10.20.4.10"});
  EXPECT_NE(no.text().find("too_many_sessions"), std::string::npos) << no.text();
  ASSERT_TRUE(lab().ctl({"drain", "--over", "8s", "--wait"}, Seconds{15}).ok());
  EXPECT_EQ(lab().audit_count("session.close", "superseded"), 1U);
  EXPECT_EQ(lab().audit_count("session.close", "draining"), 0U);
  EXPECT_EQ(client_status()["traffic"].value("reconnects", 9), before) << "made before broken";
  EXPECT_NE(lab().tool("plain_client.py", {"ping", "10.20.4.10"}).text().find("too_many_sessions"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::lab
