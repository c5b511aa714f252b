#include "tests/system/support/fixture.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

constexpr const char* kRoutesReplaced =
    "for v in -4 -6; do for r in $(ip $v route show table 8383 | cut -d' ' -f1); do"
    " ip $v route replace $r dev lo table 8383 || exit 1; done; done";

/// What must hold while programs start, stop and die.
class Lifecycle : public OwnLab {
 protected:
  /// Connections in both versions, each sending words that must not be seen in clear, for as long as it lives.
  std::vector<Background> uploads() {
    std::vector<Background> running;
    for (const std::string host : {"10.20.4.10", "fd00:20::4:10"}) {
      const std::string program =
          "import socket, time\ns = socket.create_connection(('" + host +
          "', 8080), 5)\nprint('first', flush=True)\n"
          "s.sendall(b'GET /stream HTTP/1.1\\r\\n')\nwhile True:\n  s.send(b'UPLOAD-IN-CLEAR' * 50)\n  "
          "s.setblocking(False)\n"
          "  try:\n    s.recv(1 << 20)\n  except BlockingIOError: pass\n  s.setblocking(True)\n  time.sleep(0.02)\n";
      running.push_back(
          lab().start_at(Place::Laptop, {"python3", "-c", program}, "upload" + std::to_string(running.size())));
      const auto& upload = running.back();
      EXPECT_TRUE(eventually([&] { return upload.output().find("first") != std::string::npos; })) << upload.output();
    }
    return running;
  }
  Ran routes() {
    return lab().run_at(Place::Laptop,
                        {"sh", "-c", "ip route; ip -6 route; ip rule; ip -6 rule; ip -br link; nft list ruleset"});
  }
  /// What the laptop's network is without the interface that waits for the next session, of which it may have no more
  /// than the rules for a table in which nothing is.
  static std::string without_what_waits(const std::string& shown) {
    std::istringstream lines{shown};
    std::string rest;
    for (std::string line; std::getline(lines, line);) {
      const bool is_link = line.rfind("sallyport ", 0) == 0 || line.rfind("fe80::/64 dev sallyport", 0) == 0;
      const bool is_rule = line.rfind("8383:", 0) == 0;
      if (!is_link && !is_rule) rest += line + '\n';
    }
    return rest;
  }
  void expect_nothing_but_the_interface() {
    const auto ran =
        lab().run_at(Place::Laptop,
                     {"sh", "-c", "ip route show table 8383; ip -6 route show table 8383; ip -br addr show sallyport"});
    // The address that the system gives it by itself is random, and may have any of these in it.
    std::istringstream words{ran.output};
    std::string rest;
    for (std::string word; words >> word;) {
      if (word.rfind("fe80:", 0) != 0) rest += word + ' ';
    }
    for (const auto* none : {"via", "10.", "fd"}) EXPECT_EQ(rest.find(none), std::string::npos) << ran.output;
  }
  bool leads_inside(Seconds patience = Seconds{2}) {
    return eventually(
        [this] {
          const auto shown =
              lab()
                  .run_at(Place::Laptop, {"sh", "-c", "ip route get 10.20.4.10; ip -6 route get fd00:20::4:10"})
                  .output;
          const auto first = shown.find("dev sallyport ");
          return first != std::string::npos && shown.find("dev sallyport ", first + 1) != std::string::npos;
        },
        patience);
  }
  std::uint64_t restored() {
    return nlohmann::json::parse(lab().client({"status", "--json"}).output)["network_restored"].get<std::uint64_t>();
  }
  /// Tries from the laptop's side while the tunnel is away: none may work.
  void expect_unreachable() {
    for (const auto* name : {"LAB_ALLOWED", "LAB_ALLOWED_V6"}) {
      const auto ran =
          lab().run_at(Place::Laptop, {"curl", "-sS", "--max-time", "1", "http://" + lab().env(name) + "/"});
      EXPECT_FALSE(ran.ok()) << name;
    }
  }
};

TEST_F(Lifecycle, DownEndsEverythingAndSendsNothingOfItInClear) {
  const auto before = [&] {
    EXPECT_TRUE(lab().client({"down"}).ok());
    const auto plain = routes().output;
    EXPECT_TRUE(lab().client({"up"}).ok());
    EXPECT_TRUE(lab().wait_online());
    return plain;
  }();
  Watch watch{lab()};
  auto running = uploads();
  ASSERT_TRUE(lab().client({"down"}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds{1500});
  const auto seen = watch.finish();
  EXPECT_EQ(seen.plaintext, 0U) << seen;
  EXPECT_EQ(seen.forbidden + seen.forged, 0U) << seen;
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"nft", "delete", "table", "inet", "watch"}).ok());
  EXPECT_EQ(routes().output, before) << "down leaves the network as it was before up";
  expect_nothing_but_the_interface();
  EXPECT_EQ(lab().client({"status"}).exit_code, 3);
  expect_unreachable();
}

TEST_F(Lifecycle, AGatewayThatWasKilledServesTheSameAddressesAgain) {
  const auto address4 = lab().inside_address(4);
  const auto address6 = lab().inside_address(6);
  ASSERT_FALSE(address4.empty() || address6.empty());
  Watch watch{lab()};
  auto running = uploads();
  ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
  expect_unreachable();
  const auto gap = watch.count(Place::Office, "forbidden");
  EXPECT_EQ(gap, 0U);
  const auto restarted = lab().start("sallyport-gateway");
  ASSERT_TRUE(restarted.ok()) << restarted.text();
  const auto from = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }, Seconds{15}));
  std::cout << "reachable " << Seconds{std::chrono::steady_clock::now() - from}.count()
            << " s after the gateway served again\n";
  EXPECT_EQ(lab().inside_address(4), address4);
  EXPECT_EQ(lab().inside_address(6), address6);
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
}

TEST_F(Lifecycle, AClientThatWasKilledFailsClosedAndCleansUpAtItsNextStart) {
  ASSERT_TRUE(lab().client({"down"}).ok());
  const auto before = routes().output;
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  Watch watch{lab()};
  auto running = uploads();
  ASSERT_TRUE(lab().stop("sallyportd", "KILL").ok());
  expect_unreachable();
  std::this_thread::sleep_for(std::chrono::milliseconds{1000});
  const auto again = lab().start("sallyportd");
  ASSERT_TRUE(again.ok()) << again.text();
  ASSERT_TRUE(lab().client({"up"}).ok()) << lab().client({"up"}).text();
  ASSERT_TRUE(lab().wait_online());
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
  ASSERT_TRUE(lab().client({"down"}).ok());
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"nft", "delete", "table", "inet", "watch"}).ok());
  EXPECT_EQ(routes().output, before);
}

TEST_F(Lifecycle, CleanupAloneUndoesWhatAKilledClientLeft) {
  ASSERT_TRUE(lab().client({"down"}).ok());
  const auto before = without_what_waits(routes().output);
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  ASSERT_TRUE(lab().stop("sallyportd", "KILL").ok());
  EXPECT_NE(routes().output, before);
  const auto cleaned = lab().run_at(Place::Laptop, {Lab::build_root() + "/client/daemon/sallyportd", "--config",
                                                    lab().path("laptop/client.toml"), "--cleanup"});
  EXPECT_TRUE(cleaned.ok()) << cleaned.text();
  EXPECT_EQ(routes().output, before);
}

TEST_F(Lifecycle, AnInterfaceOfAnotherThatGotTheOldNameOfOursIsNotRemoved) {
  ASSERT_TRUE(lab().client({"down"}).ok());
  const auto laptop = [this](const std::string& words) { return lab().run_at(Place::Laptop, {"sh", "-c", words}); };
  ASSERT_EQ(::kill(lab().pid_of("sallyportd"), SIGSTOP), 0) << "or it is faster than the other";
  const auto made = laptop(
      "set -e; ip link set sallyport down; ip link set sallyport name taken;"
      " ip tuntap add dev sallyport mode tun; ip -o link show sallyport | cut -d: -f1");
  ASSERT_EQ(::kill(lab().pid_of("sallyportd"), SIGCONT), 0);
  ASSERT_TRUE(made.ok()) << made.text();
  (void)lab().client({"up"});
  EXPECT_TRUE(eventually([&] { return !laptop("ip link show taken").ok(); })) << "ours is let go";
  ASSERT_TRUE(lab().client({"down"}).ok());
  EXPECT_EQ(laptop("ip -o link show sallyport | cut -d: -f1").output, made.output);
  ASSERT_TRUE(laptop("ip link delete sallyport").ok());
  ASSERT_TRUE(lab().client({"up"}).ok());
  EXPECT_TRUE(lab().wait_online());
}

TEST_F(Lifecycle, AnInterfaceThatWasRenamedAfterACrashGoesAndOneOfAnotherWithItsOldNameStays) {
  const auto laptop = [this](const std::string& words) { return lab().run_at(Place::Laptop, {"sh", "-c", words}); };
  ASSERT_TRUE(lab().stop("sallyportd", "KILL").ok());
  const auto made = laptop(
      "set -e; ip link set sallyport down; ip link set sallyport name taken;"
      " ip tuntap add dev sallyport mode tun; ip -o link show sallyport | cut -d: -f1");
  ASSERT_TRUE(made.ok()) << made.text();
  const auto again = lab().start("sallyportd");
  ASSERT_TRUE(again.ok()) << again.text();
  EXPECT_FALSE(laptop("ip link show taken").ok()) << "ours";
  EXPECT_EQ(laptop("ip -o link show sallyport | cut -d: -f1").output, made.output);
  const auto refused = lab().client({"up"});
  EXPECT_NE(refused.text().find("ip link delete sallyport"), std::string::npos) << refused.text();
  ASSERT_TRUE(laptop("ip link delete sallyport").ok());
  ASSERT_TRUE(lab().client({"up"}).ok());
  EXPECT_TRUE(lab().wait_online());
}

TEST_F(Lifecycle, TerminatingTheClientLeavesTheNetworkAsItWas) {
  ASSERT_TRUE(lab().client({"down"}).ok());
  const auto before = without_what_waits(routes().output);
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  ASSERT_TRUE(lab().stop("sallyportd", "TERM").ok());
  EXPECT_EQ(routes().output, before);
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.close") > 0; }));
}

TEST_F(Lifecycle, TerminatingTheGatewayEndsSessionsWithARecord) {
  ASSERT_TRUE(lab().stop("sallyport-gateway", "TERM").ok());
  EXPECT_EQ(lab().audit_count("session.open"), lab().audit_count("session.close"));
  EXPECT_GT(lab().audit_count("session.close", "gateway_shutdown"), 0U);
  EXPECT_TRUE(eventually([&] { return !lab().is_online(); }));
}

/// Refusals are told of some milliseconds later, and here the gateway is over before.
TEST_F(Lifecycle, WhoIsRefusedInTheLastMomentOfAGatewayIsOnRecord) {
  ASSERT_TRUE(lab().client({"down"}).ok());
  const auto before = lab().audit_count("handshake.refused");
  const auto gateway = lab().pid_of("sallyport-gateway");
  const std::string program =
      "import os, signal, socket\ns = socket.create_connection(('203.0.113.2', 443), 5)\n"
      "s.sendall(b'this is no hello at all')\ns.recv(100)\nos.kill(" +
      std::to_string(gateway) + ", signal.SIGTERM)\n";
  const auto ran = lab().run_at(Place::Laptop, {"python3", "-c", program});
  ASSERT_TRUE(ran.ok()) << ran.text();
  ASSERT_TRUE(eventually([&] { return lab().audit_count("gateway.stop") > 0; }));
  EXPECT_EQ(lab().audit_count("handshake.refused"), before + 1);
}

class NoPolicy : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }
};

TEST_F(NoPolicy, SessionsConnectAndNothingPasses) {
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  std::filesystem::remove(lab().path("etc/policy.d/10-lab.toml"));
  const auto started = lab().start("sallyport-gateway");
  ASSERT_TRUE(started.ok()) << started.text();
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  Watch watch{lab()};
  const auto ran = lab().tool("hostile_device.py", {"allowed_but_no_policy"});
  const auto result = ran.last_line();
  ASSERT_TRUE(result.is_object()) << ran.text();
  EXPECT_EQ(result["routes"].size(), 0U);
  EXPECT_EQ(result["answers"], 0);
  // Even with a route made by hand, the laptop gets nowhere.
  for (const auto* route : {"10.20.0.0/16", "fd00:20::/48"}) {
    EXPECT_TRUE(lab().run_at(Place::Laptop, {"ip", "route", "add", route, "dev", "sallyport"}).ok());
  }
  for (const auto* name : {"LAB_ALLOWED", "LAB_ALLOWED_V6", "LAB_FORBIDDEN"})
    EXPECT_NE(lab().fetch(lab().env(name)).exit_code, 0);
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
  EXPECT_EQ(seen.allowed, 0U) << seen;
}

TEST_F(Lifecycle, WhatAnotherProgramTakesAwayWhileTheTunnelIsDownIsThereWithTheNextSession) {
  for (const auto* loss : {"ip rule del pref 8383; ip -6 rule del pref 8383", "ip link set sallyport down",
                           "ip link del sallyport", "ip link set sallyport down; ip link set sallyport name taken"}) {
    ASSERT_TRUE(lab().client({"down"}).ok());
    ASSERT_TRUE(lab().run_at(Place::Laptop, {"sh", "-c", loss}).ok()) << loss;
    ASSERT_TRUE(lab().client({"up"}).ok());
    ASSERT_TRUE(lab().wait_online());
    EXPECT_TRUE(leads_inside()) << loss << routes().output;
    EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << loss;
  }
  EXPECT_FALSE(lab().run_at(Place::Laptop, {"ip", "link", "show", "taken"}).ok());
}

TEST_F(Lifecycle, WhatAnotherProgramTakesAwayUnderALiveSessionIsBackAtOnce) {
  for (const auto* loss :
       {"ip rule del pref 8383; ip -6 rule del pref 8383", "ip link set sallyport down",
        "ip route flush table 8383; ip -6 route flush table 8383", "ip addr flush dev sallyport", kRoutesReplaced}) {
    ASSERT_TRUE(leads_inside());
    ASSERT_TRUE(lab().run_at(Place::Laptop, {"sh", "-c", loss}).ok()) << loss;
    EXPECT_TRUE(leads_inside()) << loss << '\n' << routes().output;
    EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << loss;
  }
  const auto status = lab().client({"status", "--json"}).output;
  EXPECT_EQ(status.find("\"network_restored\":0"), std::string::npos) << status;
  EXPECT_NE(status.find("\"network_restored\":"), std::string::npos) << status;
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"ip", "link", "del", "sallyport"}).ok());
  EXPECT_TRUE(leads_inside()) << routes().output;
}

TEST_F(Lifecycle, WhatAnotherProgramTakesAwayWhileNoGatewayAnswersIsBackAtOnce) {
  ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
  ASSERT_TRUE(eventually([&] { return !lab().is_online(); }));
  for (const auto* loss :
       {"ip rule del pref 8383; ip -6 rule del pref 8383", kRoutesReplaced, "ip link del sallyport"}) {
    ASSERT_TRUE(leads_inside());
    ASSERT_TRUE(lab().run_at(Place::Laptop, {"sh", "-c", loss}).ok()) << loss;
    EXPECT_TRUE(leads_inside()) << loss << '\n' << routes().output;
  }
  // Without a descriptor it cannot make the interface again, until it can.
  const auto client = lab().pid_of("sallyportd");
  rlimit before{};
  const auto at_most = [&](rlim_t count) {
    const rlimit limit{count, before.rlim_max};
    return ::prlimit(client, RLIMIT_NOFILE, &limit, nullptr) == 0;
  };
  ASSERT_EQ(::prlimit(client, RLIMIT_NOFILE, nullptr, &before), 0);
  ASSERT_TRUE(at_most(1));
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"ip", "link", "del", "sallyport"}).ok());
  EXPECT_FALSE(leads_inside(Seconds{0.5}));
  ASSERT_TRUE(at_most(before.rlim_cur));
  EXPECT_TRUE(leads_inside(Seconds{6})) << routes().output;
}

TEST_F(Lifecycle, ASessionGoesOnInIpv4WhereIpv6IsSwitchedOffOnItsInterface) {
  const auto number = [&] { return lab().run_at(Place::Laptop, {"cat", "/sys/class/net/sallyport/ifindex"}).output; };
  const auto before = number();
  const auto switch_off = [&](const std::string& off) {
    return lab()
        .run_at(Place::Laptop, {"sh", "-c", "echo " + off + " > /proc/sys/net/ipv6/conf/sallyport/disable_ipv6"})
        .ok();
  };
  ASSERT_TRUE(leads_inside());
  ASSERT_TRUE(switch_off("1"));
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"ip", "route", "flush", "table", "8383"}).ok());
  EXPECT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }, Seconds{4}));
  EXPECT_TRUE(lab().is_online());
  EXPECT_EQ(number(), before) << "made anew, it would end every connection of a program";
  ASSERT_TRUE(switch_off("0"));
  EXPECT_TRUE(leads_inside(Seconds{6})) << routes().output;
}

TEST_F(Lifecycle, NothingOfIpv6LeavesInClearWhereItIsSwitchedOffOnTheInterfaceAndTheStatusSaysWhatIsMissing) {
  const auto set = [&](const std::string& off) {
    return lab()
        .run_at(Place::Laptop, {"sh", "-c", "echo " + off + " > /proc/sys/net/ipv6/conf/sallyport/disable_ipv6"})
        .ok();
  };
  const auto says = [&] {
    const auto status = nlohmann::json::parse(lab().client({"status", "--json"}).output);
    const auto off = status.value("ipv6_off", nlohmann::json{});
    return off.is_object() && off["setting"] == "net.ipv6.conf.sallyport.disable_ipv6" &&
           off["routes"].dump().find("fd00:20::") != std::string::npos &&
           status["routes"].dump().find("fd00:20::") == std::string::npos;
  };
  const auto only_ipv4_passes = [&] {
    EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
    const auto closed = lab().fetch(lab().env("LAB_ALLOWED_V6"));
    EXPECT_NE(closed.exit_code, 0);
    EXPECT_LT(closed.seconds, 1.0) << "a program is told at once";
  };
  ASSERT_TRUE(leads_inside());
  auto running = uploads();
  ASSERT_TRUE(set("1"));
  ASSERT_TRUE(eventually(says)) << lab().client({"status"}).output;
  Watch watch{lab()};
  const auto text = lab().client({"status"}).output;
  EXPECT_NE(text.find("sudo sysctl net.ipv6.conf.sallyport.disable_ipv6=0"), std::string::npos) << text;
  const auto before = restored();
  only_ipv4_passes();
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  EXPECT_EQ(restored(), before) << "there is nothing to mend";
  ASSERT_TRUE(lab().client({"down"}).ok());
  ASSERT_TRUE(lab().client({"up"}).ok()) << "a session begins without it";
  ASSERT_TRUE(lab().wait_online());
  EXPECT_TRUE(eventually(says)) << lab().client({"status"}).output;
  only_ipv4_passes();
  ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
  expect_unreachable();
  const auto restarted = lab().start("sallyport-gateway");
  ASSERT_TRUE(restarted.ok()) << restarted.text();
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
  ASSERT_TRUE(set("0"));
  EXPECT_TRUE(leads_inside(Seconds{7})) << routes().output;
  EXPECT_FALSE(says());
}

TEST_F(Lifecycle, AProgramThatTakesTheRuleAwayWheneverItIsBackDoesNotKeepTheClientBusy) {
  ASSERT_TRUE(leads_inside());
  const auto before = restored();
  const auto taker = lab().run_at(
      Place::Laptop, {"timeout", "3", "sh", "-c", "while :; do ip rule del pref 8383 2> /dev/null; sleep 0.002; done"});
  EXPECT_EQ(taker.exit_code, 124) << taker.text();
  const auto count = restored() - before;
  EXPECT_GE(count, 3U);
  EXPECT_LE(count, 30U);
  EXPECT_TRUE(leads_inside(Seconds{6})) << routes().output;
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
}

TEST_F(Lifecycle, ARouteMadeByHandReachesNoForbiddenNetwork) {
  Watch watch{lab()};
  for (const auto* route : {"10.20.0.0/16", "fd00:20::/48", "203.0.113.2/32", "10.99.0.0/24"}) {
    (void)lab().run_at(Place::Laptop, {"ip", "route", "replace", route, "dev", "sallyport", "metric", "1"});
    if (std::string{route} == "203.0.113.2/32")
      (void)lab().run_at(Place::Laptop, {"ip", "route", "del", route, "dev", "sallyport"});
  }
  for (const auto* endpoint :
       {"10.20.9.9:8080", "[fd00:20::9:9]:8080", "10.20.4.10:2222", "10.20.0.1:22", "10.99.0.1:443"}) {
    const auto got = lab().fetch(endpoint);
    EXPECT_NE(got.exit_code, 0) << endpoint;
    EXPECT_LT(got.seconds, 1.0) << endpoint;
  }
  const auto seen = watch.finish();
  SALLYPORT_EXPECT_CLEAN(seen);
}

}  // namespace
}  // namespace sallyport::lab
