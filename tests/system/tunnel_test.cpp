#include "tests/system/support/fixture.hpp"

#include <cstdio>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

class Tunnel : public SharedLab<Tunnel> {};

TEST_F(Tunnel, ReachesAnAllowedServiceOverBothVersions) {
  Watch watch{lab()};
  for (const auto* name : {"LAB_ALLOWED", "LAB_ALLOWED_V6"}) {
    const auto got = lab().fetch(lab().env(name));
    EXPECT_EQ(got.exit_code, 0) << name;
    EXPECT_EQ(got.body, "hello from the office\n");
  }
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
  EXPECT_GT(seen.allowed, 0U) << seen;
  EXPECT_GT(seen.carried, 0U) << seen;
}

TEST_F(Tunnel, CarriesPingOverBothVersions) {
  for (const auto* host : {"10.20.4.10", "fd00:20::4:10"}) {
    const auto ran = lab().run_at(Place::Laptop, {"ping", "-c", "3", "-i", "0.2", "-W", "2", host});
    EXPECT_TRUE(ran.ok()) << ran.text();
    EXPECT_NE(ran.output.find(" 0% packet loss"), std::string::npos) << ran.output;
  }
}

TEST_F(Tunnel, RefusesAForbiddenPortAtOnceAndSaysWhy) {
  Watch watch{lab()};
  for (const auto* name : {"LAB_FORBIDDEN", "LAB_FORBIDDEN_V6"}) {
    const auto got = lab().fetch(lab().env(name));
    EXPECT_EQ(got.exit_code, 7) << name << ": curl's code for a connection that was refused";
    EXPECT_LT(got.seconds, 1.0) << name;
  }
  EXPECT_TRUE(eventually([&] {
    const auto status = lab().client({"--json", "status"}).last_line();
    return status.is_object() && status.value("denials", json::array()).size() >= 2;
  })) << lab().client({"--json", "status"}).text();
  const auto told = lab().client({"status"});
  EXPECT_NE(told.output.find("10.20.4.10:2222/tcp"), std::string::npos) << told.text();
  EXPECT_NE(told.output.find("[fd00:20::4:10]:2222/tcp"), std::string::npos) << told.text();
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
}

TEST_F(Tunnel, ExplainsARefusalToTheEmployeeAndToTheAdministrator) {
  const auto why = lab().client({"--json", "why", lab().env("LAB_FORBIDDEN")}).last_line();
  ASSERT_TRUE(why.is_object());
  EXPECT_EQ(why.value("verdict", ""), "deny") << why;
  EXPECT_FALSE(why.value("code", "").empty()) << why;
  EXPECT_EQ(why.dump().find("10-lab.toml"), std::string::npos) << "a rule's place is not for employees: " << why;
  const auto allowed = lab().client({"--json", "why", lab().env("LAB_ALLOWED")}).last_line();
  EXPECT_EQ(allowed.value("verdict", ""), "allow") << allowed;

  const Words question{"--json", "policy", "explain", "--as", "ana@example.com", "--device", lab().env("LAB_DEVICE"),
                       "--to"};
  auto about = question;
  about.push_back(lab().env("LAB_ALLOWED"));
  const auto live = lab().ctl(about).last_line();
  about.insert(about.end(), {"--dir", lab().env("LAB_POLICY_DIR")});
  const auto offline = lab().ctl(about).last_line();
  for (const auto* key : {"verdict", "rule", "reason", "valid_until"}) {
    ASSERT_TRUE(live.contains(key)) << live;
    EXPECT_EQ(live[key], offline[key]) << key;
  }
  EXPECT_EQ(live["verdict"], "allow");
}

TEST_F(Tunnel, LosesOneHopInTheGateway) {
  const auto ran = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "2", "-t", "1", "10.20.4.10"});
  EXPECT_NE(ran.output.find("Time to live exceeded"), std::string::npos) << ran.text();
  const auto far = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "2", "-t", "2", "10.20.4.10"});
  EXPECT_TRUE(far.ok()) << far.text();
  // The office answers with 64, and the gateway takes one.
  EXPECT_NE(far.output.find("ttl=63"), std::string::npos) << far.text();
}

TEST_F(Tunnel, CarriesALargeTransferUnchanged) {
  constexpr std::size_t kSize = 50'000'000;
  const auto fetch = [&](Place place) {
    return lab().run_at(
        place,
        {"sh", "-c", "curl -sS --max-time 30 http://10.20.4.10:8080/blob/" + std::to_string(kSize) + " | sha256sum"},
        Seconds{40});
  };
  const auto direct = fetch(Place::Office);
  const auto started = std::chrono::steady_clock::now();
  const auto tunnelled = fetch(Place::Laptop);
  const auto took = Seconds{std::chrono::steady_clock::now() - started}.count();
  EXPECT_TRUE(direct.ok() && tunnelled.ok()) << tunnelled.text();
  EXPECT_EQ(tunnelled.output, direct.output);
  std::cout << "50 MB through the tunnel in " << took << " s\n";
}

TEST_F(Tunnel, CarriesPacketsOfEverySize) {
  for (const auto* size : {"0", "1", "512", "1000", "1372", "1400", "3000"}) {
    const auto ran = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "2", "-s", size, "10.20.4.10"});
    EXPECT_TRUE(ran.ok()) << size << ": " << ran.text();
  }
  const auto six = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "2", "-s", "1232", "fd00:20::4:10"});
  EXPECT_TRUE(six.ok()) << six.text();
}

TEST_F(Tunnel, ServesAPlainClientThatKnowsNoneOfOurExtensions) {
  for (const auto* name : {"LAB_ALLOWED", "LAB_ALLOWED_V6"}) {
    const auto got = lab().tool("plain_client.py", {"get", lab().env(name)});
    const auto result = got.last_line();
    ASSERT_TRUE(got.ok() && result.is_object()) << got.text();
    EXPECT_EQ(result["body"], "hello from the office\n");
    EXPECT_EQ(result["unknown_capsules"], 0) << "an extension was used that nobody asked for";
    EXPECT_EQ(result["head"].get<std::string>().find("Sallyport-Extensions"), std::string::npos);
    EXPECT_EQ(result["addresses"].size(), 2U);
  }
  const auto ping = lab().tool("plain_client.py", {"ping", "10.20.4.10"});
  EXPECT_TRUE(ping.ok()) << ping.text();
  EXPECT_EQ(ping.last_line()["ttl"], 63);
}

TEST_F(Tunnel, GivesAPlainClientWholePacketsWhereTheOfficeSendsSuperPackets) {
  for (const auto* name : {"LAB_ALLOWED", "LAB_ALLOWED_V6"}) {
    const auto got = lab().tool("plain_client.py", {"get", lab().env(name), "/blob/300000"}).last_line();
    ASSERT_TRUE(got.is_object());
    EXPECT_EQ(got.value("body", "").size(), 300000U);
    EXPECT_LE(got.value("largest", 0), 1500);
    EXPECT_GE(got.value("largest", 0), 576) << "full segments, as the client that names no size asks for";
    EXPECT_EQ(got.value("bad_checksums", -1), 0);
  }
}

TEST_F(Tunnel, CarriesUdpInManyPacketsUnchanged) {
  // Gathered on the way: what arrives must be what was sent, packet by packet.
  auto sink =
      lab().start_at(Place::Office, Lab::script("udp_check.py", {"receive", "10.20.4.10", "9000", "2000"}), "udp");
  ASSERT_TRUE(eventually([&] { return sink.output().find("ready") != std::string::npos; })) << sink.output();
  lab().write("etc/policy.d/30-udp.toml",
              "version = 1\n[resources]\nudp = { net = \"10.20.4.10\", ports = \"9000/udp\" }\n"
              "[allow.udp]\nwho = \"everyone\"\nto = \"udp\"\n");
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
  const auto sent =
      lab().run_at(Place::Laptop, Lab::script("udp_check.py", {"send", "10.20.4.10", "9000", "2000"}), Seconds{20});
  EXPECT_TRUE(sent.ok()) << sent.text();
  EXPECT_EQ(sink.wait(Seconds{10}), 0) << sink.output();
  std::remove((lab().path("etc/policy.d/30-udp.toml")).c_str());
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
}

TEST_F(Tunnel, TellsAPlainClientOfARefusalByReset) {
  const auto got = lab().tool("plain_client.py", {"get", lab().env("LAB_FORBIDDEN")}).last_line();
  ASSERT_TRUE(got.is_object());
  EXPECT_EQ(got.value("refused", ""), "reset") << got;
  EXPECT_LT(got.value("seconds", 9.0), 1.0);
}

TEST_F(Tunnel, AdvertisesExactlyWhatPolicyLetsTheDeviceReach) {
  const auto got = lab().tool("plain_client.py", {"ping", "10.20.4.10"}).last_line();
  ASSERT_TRUE(got.is_object());
  EXPECT_EQ(got["routes"].dump(), R"([["10.20.4.10","10.20.4.10",0],["fd00:20::4:10","fd00:20::4:10",0]])");
  const auto routes = lab().run_at(Place::Laptop, {"ip", "route", "get", "10.20.9.9"});
  EXPECT_EQ(routes.output.find("dev sallyport"), std::string::npos) << routes.text();
}

TEST_F(Tunnel, LeavesTheFirstDeviceAloneWhenASecondComesAndGoes) {
  const auto before = lab().client({"--json", "status"}).last_line();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(lab().tool("plain_client.py", {"ping", "10.20.4.10"}).ok());
  const auto after = lab().client({"--json", "status"}).last_line();
  EXPECT_EQ(before["since"], after["since"]);
  EXPECT_EQ(before["traffic"]["reconnects"], after["traffic"]["reconnects"]);
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
}

}  // namespace
}  // namespace sallyport::lab
