#include "client/cli/render.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using nlohmann::json;

json sick() {
  return json::parse(R"({
    "v": 1, "ok": true, "self_reported": true, "connected": true, "judged_at": "2026-11-21T11:12:00Z",
    "failing": true, "left_off": 0,
    "reported": [{"key": "os", "value": "debian", "source": "os-release"},
                 {"key": "firewall", "value": false, "source": "nft"},
                 {"key": "screen_lock", "value": null, "source": "GNOME"},
                 {"key": "process falcon-sensor", "value": true, "source": "asked for by the gateway"},
                 {"key": "file /etc/corp/managed", "value": false, "source": "asked for by the gateway"}],
    "checks": [{"name": "healthy", "state": "fails", "needed": true,
                "lines": [{"key": "firewall", "required": "true", "actual": "false", "state": "fails",
                           "mend": "sudo ufw enable"},
                          {"key": "os", "required": "debian >=12", "actual": "debian 12", "state": "holds"}]},
               {"name": "own", "state": "unknown", "needed": false, "lines": []}]})");
}

TEST(RenderPosture, ShowsWhatIsReportedWhatFailsAndHowToMendIt) {
  EXPECT_EQ(render_posture(sick(), {}),
            "Reported, by this laptop's own word (self-reported):\n"
            "  os                      debian           os-release\n"
            "  firewall                no               nft\n"
            "  screen_lock             unknown          GNOME\n"
            "  process falcon-sensor   running          asked for by the gateway\n"
            "  file /etc/corp/managed  absent           asked for by the gateway\n"
            "\n"
            "Checks that your access depends on:\n"
            "  x healthy: fails\n"
            "      firewall is false, asked is true\n"
            "        mend: sudo ufw enable\n"
            "  ? own: unknown (not needed: another check stands in for it)\n");
}

TEST(RenderPosture, SaysWhyNoCheckIsKnown) {
  auto answer = sick();
  answer["judged_at"] = nullptr;
  answer["checks"] = json::array();
  EXPECT_NE(render_posture(answer, {}).find("has not said yet"), std::string::npos);
  answer["connected"] = false;
  EXPECT_NE(render_posture(answer, {}).find("Not connected"), std::string::npos);
}

TEST(RenderPosture, SaysSoWhenNothingIsAskedFor) {
  auto answer = sick();
  answer["checks"] = json::array();
  EXPECT_NE(render_posture(answer, {}).find("Nothing that you may reach asks for a posture check."), std::string::npos);
}

TEST(RenderPosture, SurvivesAnAnswerOfAnyShape) {
  for (const auto* text : {"{}", R"({"reported":7,"checks":7})", R"({"reported":[7],"checks":[7],"judged_at":"x"})",
                           R"({"reported":[{"value":[]}],"checks":[{"lines":[7],"needed":7}],"judged_at":"x"})"}) {
    (void)render_posture(json::parse(text), {});
  }
}

TEST(RenderPosture, ShowsNothingThatATerminalWouldObey) {
  auto answer = sick();
  answer["checks"][0]["name"] = "a\x1b[2J\n";
  answer["reported"][0]["value"] = "\x07";
  for (const char c : render_posture(answer, {})) ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

}  // namespace
}  // namespace sallyport
