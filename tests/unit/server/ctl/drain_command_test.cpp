#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

#include <atomic>

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json drain(int remaining) {
  return {{"sessions", 17}, {"asked", 5}, {"remaining", remaining}, {"seconds_left", 20}, {"stops", false}};
}

Json status(const Json& drained) {
  return {{"v", 1},
          {"ok", true},
          {"name", "g"},
          {"sessions", 17},
          {"drain", drained},
          {"session_counts",
           {{"ended", {{"idle", 3}, {"superseded", 0}}}, {"refused", {{"too_many_devices", 2}}}, {"flapping", 1}}}};
}

TEST_F(CtlTest, AsksForADrainAndSaysWhatWillHappen) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                        return Json{{"v", 1}, {"ok", true}, {"drain", drain(17)}};
                      }};
  EXPECT_EQ(ctl({"drain"}).out, "Draining 17 sessions over 30 s.\n");
  EXPECT_EQ(gateway.requests().at(0), (Json{{"v", 1}, {"do", "drain"}, {"seconds", 30}, {"stop", false}}));
  const auto stopping = ctl({"drain", "--over", "5m", "--stop"});
  EXPECT_NE(stopping.out.find("nobody is let in, and the gateway stops at the end"), std::string::npos) << stopping.out;
  EXPECT_EQ(gateway.requests().at(1), (Json{{"v", 1}, {"do", "drain"}, {"seconds", 300}, {"stop", true}}));
}

TEST_F(CtlTest, RefusesADrainThatIsTooQuickOrTakesForEver) {
  for (const auto* over : {"7s", "2h", "soon", "-1s", ""}) {
    const auto run = ctl({"drain", "--over", over});
    EXPECT_EQ(run.code, CtlExit::Usage) << over;
    EXPECT_NE(run.err.find("8s to 1h"), std::string::npos) << run.err;
  }
}

TEST_F(CtlTest, WaitsUntilNothingIsDrainedAnyMore) {
  std::atomic<int> looks{0};
  FakeGateway gateway{path("run/gateway.sock"), [&](const Json& request) {
                        if (request["do"] == "drain") return Json{{"v", 1}, {"ok", true}, {"drain", drain(17)}};
                        return status(++looks < 3 ? drain(4) : Json(nullptr));
                      }};
  const auto run = ctl({"drain", "--wait"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_NE(run.out.find("have moved or ended"), std::string::npos) << run.out;
  EXPECT_EQ(looks, 3);
}

TEST_F(CtlTest, StatusShowsHowFarADrainIsAndWhatSessionsCameTo) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return status(drain(4)); }};
  const auto text = ctl({"status"}).out;
  EXPECT_NE(text.find("draining: 4 of 17 sessions have still to move, 20 s left"), std::string::npos) << text;
  EXPECT_NE(text.find("ended      idle 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("refused    too_many_devices 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("flapping   1 alarm"), std::string::npos) << text;
}

TEST_F(CtlTest, SessionsListShowsWhenANewOneMustHaveTakenOver) {
  const auto session = [](const char* state, const char* moves) {
    return Json{{"session", 17},
                {"device", "d"},
                {"state", state},
                {"moves", moves},
                {"ends", "2026-01-01T12:00:00Z"},
                {"since", "2026-01-01T00:00:00Z"}};
  };
  FakeGateway gateway{path("run/gateway.sock"), [&](const Json&) {
                        return Json{
                            {"v", 1},
                            {"ok", true},
                            {"sessions",
                             {session("online", "2026-01-01T11:00:00Z"), session("online", "2026-01-01T09:00:00Z"),
                              session("verifying", "2026-01-01T11:00:00Z")}}};
                      }};
  now_ = *parse_utc("2026-01-01T10:00:00Z");
  const auto text = ctl({"sessions", "list"}).out;
  EXPECT_NE(text.find("in 2 h 0 min  "), std::string::npos) << text;
  EXPECT_NE(text.find("in 2 h 0 min, moving"), std::string::npos) << text;
  EXPECT_NE(text.find("not verified yet"), std::string::npos) << text;
}

}  // namespace
}  // namespace sallyport
