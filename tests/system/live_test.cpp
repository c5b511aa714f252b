#include "tests/system/support/fixture.hpp"

#include "common/base/time.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Clock = std::chrono::system_clock;

constexpr const char* kResources = R"(
version = 1
[resources]
web = { net = ["10.20.4.10", "fd00:20::4:10"], ports = "8080/tcp" }
)";

/// Decisions seen live and afterwards, by the administrator and by the employee.
class Live : public OwnLab {
 protected:
  void use_policy(const std::string& rules) {
    lab().write("etc/policy.d/10-lab.toml", kResources + rules);
    const auto reload = lab().ctl({"reload"});
    ASSERT_TRUE(reload.ok()) << reload.text();
    ASSERT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }));
  }
  json ask(Words words, const char* tool = "ctl") {
    words.insert(words.begin(), "--json");
    const auto ran = std::string{tool} == "ctl" ? lab().ctl(words) : lab().client(words);
    const auto parsed = json::parse(ran.output, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << ran.text();
    return parsed;
  }
  static std::vector<json> lines_of(const std::string& text) {
    std::vector<json> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
      auto parsed = json::parse(line, nullptr, false);
      if (!parsed.is_discarded()) lines.push_back(std::move(parsed));
    }
    return lines;
  }
  std::vector<json> decisions() { return lines_of(lab().read("state/decisions.jsonl")); }
  static const json* find(const std::vector<json>& lines, const std::string& event, const std::string& to) {
    for (const auto& line : lines) {
      if (line.value("event", "") == event && line.value("to", "") == to) return &line;
    }
    return nullptr;
  }
  Background stream(const std::string& file) {
    return lab().start_at(
        Lab::Place::Laptop,
        {"curl", "-sN", "--max-time", "120", "-o", lab().path(file), "http://" + lab().env("LAB_ALLOWED") + "/stream"},
        "stream");
  }
  std::uintmax_t size_of(const std::string& file) {
    std::error_code none;
    const auto size = std::filesystem::file_size(lab().path(file), none);
    return none ? 0 : size;
  }
  /// When a stream that runs now brought its last octets.
  Clock::time_point last_octets(const std::string& file, Clock::time_point give_up) {
    auto last = Clock::now();
    auto size = size_of(file);
    while (Clock::now() < give_up && Clock::now() - last < std::chrono::seconds{3}) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
      const auto now_size = size_of(file);
      if (now_size == size) continue;
      size = now_size;
      last = Clock::now();
    }
    return last;
  }
  /// Runs a stream over `end`, at which its rule ends, and measures how long it went on.
  void expect_cut_at(WallTime end, const char* what) {
    auto curl = stream("stream");
    ASSERT_TRUE(eventually([&] { return size_of("stream") > 100'000; }));
    const auto flows = ask({"flows", "--device", lab().env("LAB_DEVICE")});
    ASSERT_FALSE(flows.at("flows").empty()) << flows.dump(2);
    EXPECT_EQ(flows.at("flows")[0].at("valid_until"), format_utc(end)) << flows.dump(2);
    const auto last = last_octets("stream", end + std::chrono::seconds{10});
    const Seconds late = last - end;
    std::cout << "a live flow was cut " << late.count() << " s after the end of " << what << '\n';
    EXPECT_GT(late.count(), -0.5) << "it ran until then";
    EXPECT_LT(late.count(), 2.0);
    EXPECT_NE(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  }
};

TEST_F(Live, ShowsFlowsDecisionsAndTheStoryOfARefusalByItsCode) {
  const auto trace =
      lab().start_at(Lab::Place::Gateway,
                     {Lab::build_root() + "/server/ctl/sallyportctl", "--config", lab().env("LAB_CONFIG"), "--json",
                      "trace", "--device", lab().env("LAB_DEVICE"), "--for", "60s"},
                     "trace");
  ASSERT_TRUE(eventually([&] { return trace.output().find("\"began\"") != std::string::npos; })) << trace.output();
  const auto curl = stream("stream");
  ASSERT_TRUE(eventually([&] { return size_of("stream") > 100'000; }));
  EXPECT_EQ(lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code, 7);

  const auto flows = ask({"flows", "--device", lab().env("LAB_DEVICE")});
  ASSERT_EQ(flows.at("flows").size(), 1U) << flows.dump(2);
  const auto& flow = flows.at("flows")[0];
  EXPECT_EQ(flow.at("to"), "10.20.4.10:8080/tcp");
  EXPECT_EQ(flow.at("state"), "tcp_established");
  EXPECT_EQ(flow.at("rule").at("name"), "staff-web");
  EXPECT_EQ(flow.at("rule").at("file"), lab().path("etc/policy.d/10-lab.toml"));
  EXPECT_GT(flow.at("bytes_out").get<std::uint64_t>(), 100'000U);
  EXPECT_TRUE(ask({"flows", "--user", "bo@example.com"}).at("flows").empty());
  EXPECT_EQ(ask({"flows", "--limit", "1"}).at("flows").size(), 1U);
  std::cout << lab().ctl({"flows"}).output;

  ASSERT_TRUE(eventually([&] { return find(lines_of(trace.output()), "refused", "10.20.4.10:2222/tcp") != nullptr; }))
      << trace.output();
  const auto traced = lines_of(trace.output());
  const auto* opened = find(traced, "opened", "10.20.4.10:8080/tcp");
  ASSERT_NE(opened, nullptr) << trace.output();
  EXPECT_EQ(opened->at("rule").at("name"), "staff-web");
  EXPECT_EQ(opened->at("verdict"), "allow");
  const auto code = find(traced, "refused", "10.20.4.10:2222/tcp")->at("code").get<std::string>();

  const auto why = ask({"why", "10.20.4.10:2222"}, "client");
  EXPECT_EQ(why.at("reason"), "not_allowed") << why.dump(2);
  for (const auto& each : {code, why.at("code").get<std::string>()}) {
    const auto story = ask({"explain-code", each});
    EXPECT_EQ(story.at("found_in"), "gateway") << story.dump(2);
    EXPECT_EQ(story.at("user"), "ana@example.com");
    EXPECT_EQ(story.at("source"), "198.51.100.2");
    EXPECT_EQ(story.at("destination"), "10.20.4.10:2222/tcp");
    EXPECT_EQ(story.at("explanation").at("reason"), "no_rule");
  }
  std::cout << lab().ctl({"explain-code", code}).output << lab().client({"why", "10.20.4.10:2222"}).output;

  // The same story without a gateway.
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto story = ask({"explain-code", code});
  EXPECT_EQ(story.at("found_in"), "files");
  EXPECT_EQ(story.at("explanation").at("reason"), "no_rule") << story.dump(2);
  EXPECT_EQ(lab().ctl({"explain-code", "0000-0000"}).exit_code, 3) << "nothing in the files, and no gateway";
  EXPECT_EQ(run({"stat", "-c", "%a", lab().path("state/decisions.jsonl")}).output, "600\n");
}

TEST_F(Live, RecordsWhatARuleInShadowWouldDenyAndTheFlowsOfALoggedRule) {
  use_policy(R"([allow.web]
who = "everyone"
to  = "web"
log = "flows"
[deny.soon]
who     = "ana@example.com"
to      = "web"
rollout = "shadow"
)");
  ASSERT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  ASSERT_TRUE(eventually([&] { return find(decisions(), "opened", "10.20.4.10:8080/tcp") != nullptr; }));
  const auto lines = decisions();
  const auto shadowed = std::find_if(lines.begin(), lines.end(), [](const json& line) {
    return line.contains("shadow") && line.at("shadow").value("name", "") == "soon";
  });
  ASSERT_NE(shadowed, lines.end()) << lab().read("state/decisions.jsonl");
  EXPECT_EQ(shadowed->at("verdict"), "allow");
  EXPECT_EQ(shadowed->at("rule").at("name"), "web");
  EXPECT_FALSE(shadowed->at("evidence").at("key_proved").is_null());

  const auto sessions = ask({"sessions", "list"}).at("sessions");
  ASSERT_FALSE(sessions.empty());
  ASSERT_TRUE(lab().ctl({"sessions", "end", sessions[0].at("session").dump()}).ok());
  ASSERT_TRUE(eventually([&] { return find(decisions(), "ended", "10.20.4.10:8080/tcp") != nullptr; }));
  const auto after = decisions();
  const auto* ended = find(after, "ended", "10.20.4.10:8080/tcp");
  EXPECT_GT(ended->at("bytes_in").get<std::uint64_t>(), 0U) << ended->dump();
  EXPECT_GT(ended->at("bytes_out").get<std::uint64_t>(), 0U) << ended->dump();

  // The rule in shadow, enforced in a candidate: what would have been otherwise.
  std::filesystem::create_directory(lab().path("candidate"));
  ASSERT_EQ(::chmod(lab().path("candidate").c_str(), 0755), 0);
  lab().write("candidate/policy.toml", std::string{kResources} +
                                           "[allow.web]\nwho = \"everyone\"\nto = \"web\"\n"
                                           "[deny.soon]\nwho = \"ana@example.com\"\nto = \"web\"\n");
  const auto replay = ask({"policy", "replay", "--since", "1d", lab().path("candidate")});
  EXPECT_GT(replay.at("newly_denied").get<int>(), 0) << replay.dump(2);
  EXPECT_EQ(replay.at("damaged"), 0);
  std::cout << lab().ctl({"policy", "replay", "--since", "1d", lab().path("candidate")}).output;
  const auto same = ask({"policy", "replay", "--since", "1d", lab().path("etc/policy.d")});
  EXPECT_EQ(same.at("newly_denied"), 0) << same.dump(2);
}

TEST_F(Live, CountsByDeviceWhatExceedsItsBudget) {
  // Twenty refusals are answered at once, and ten of them told.
  constexpr const char* kScan =
      "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
      "for port in range(1000, 1040):\n  s.sendto(b'x', ('10.20.4.10', port))\n";
  ASSERT_TRUE(lab().run_at(Lab::Place::Laptop, {"python3", "-c", kScan}).ok());
  ASSERT_TRUE(eventually([&] { return ask({"status"}).at("denials").value("lost", 0) > 0; }));
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto audit = lines_of(lab().read("state/audit.jsonl"));
  const auto of = [&](const char* event) {
    return std::find_if(audit.begin(), audit.end(), [&](const json& each) { return each.value("event", "") == event; });
  };
  const auto lost = of("denials.lost");
  ASSERT_NE(lost, audit.end()) << lab().read("state/audit.jsonl");
  EXPECT_EQ(lost->value("device", ""), lab().env("LAB_DEVICE"));
  EXPECT_EQ(lost->value("user", ""), "ana@example.com");
  const auto count = lost->value("count", 0);
  EXPECT_GT(count, 0);
  const auto closed = of("session.close");
  ASSERT_NE(closed, audit.end());
  EXPECT_EQ(closed->value("denials_lost", 0), count);
  const auto told = std::count_if(audit.begin(), audit.end(),
                                  [](const json& each) { return each.value("event", "") == "flow.denied"; });
  EXPECT_EQ(told + count, closed->value("refused", 0)) << "no refusal is missing from the sum";
}

TEST_F(Live, CutsALiveFlowAtTheEndOfUntil) {
  const auto end = std::chrono::ceil<std::chrono::seconds>(Clock::now()) + std::chrono::seconds{12};
  use_policy("[allow.web]\nwho = \"everyone\"\nto = \"web\"\nuntil = " + format_utc(end) + "\n");
  expect_cut_at(end, "until");
}

TEST_F(Live, CutsALiveFlowAtTheEndOfHours) {
  const auto end = std::chrono::ceil<std::chrono::minutes>(Clock::now() + std::chrono::seconds{12});
  const auto clock = [](WallTime time) { return format_utc(time).substr(11, 5); };
  use_policy("[hours]\nnow = { days = \"mon-sun\", time = \"" + clock(end - std::chrono::hours{12}) + "-" + clock(end) +
             "\", zone = \"UTC\" }\n[allow.web]\nwho = \"everyone\"\nto = \"web\"\nduring = \"now\"\n");
  expect_cut_at(end, "hours");
}

TEST_F(Live, TellsTheEmployeeWhatTheyCanDoAndNothingElse) {
  use_policy(R"([allow.web]
who = "everyone"
to  = "web"
[resources.secret-vault]
net   = "10.20.9.9"
ports = "8080/tcp"
[allow.vault]
who       = "ana@example.com"
to        = "secret-vault"
proof_age = "8h"
)");
  const auto why = lab().client({"why", "10.20.9.9:8080"});
  std::cout << why.output;
  const auto answer = ask({"why", "10.20.9.9:8080"}, "client");
  EXPECT_EQ(answer.at("reason"), "sign_in_needed") << answer.dump(2);
  for (const auto* secret : {"vault", "8h", "proof"}) EXPECT_EQ(answer.dump().find(secret), std::string::npos);
}

}  // namespace
}  // namespace sallyport::lab
