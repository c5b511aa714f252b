#include "client/posture/posture.hpp"

#include "client/posture/posture_document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using nlohmann::json;

Posture some_posture() {
  Posture posture;
  posture.os = "debian";
  posture.os_version = "12.5";
  posture.kernel = "6.1.0-28-amd64";
  posture.facts = {{"firewall", {true, "a secret place"}}, {"secure_boot", {false, "x"}}, {"screen_lock", {{}, "y"}}};
  return posture;
}

TEST(Posture, TheBodySaysWhatIsKnownAndNothingElse) {
  EXPECT_EQ(posture_body(some_posture()),
            R"({"v":1,"posture":{"os":"debian","os_version":"12.5","kernel":"6.1.0-28-amd64",)"
            R"("facts":{"firewall":true,"secure_boot":false}}})");
}

TEST(Posture, TheBodyAnswersAboutNamesOnlyWhereTheAnswerIsKnown) {
  auto posture = some_posture();
  posture.processes = {{"falcon-sensor", false}, {"hidden", std::nullopt}};
  posture.files = {{"/etc/corp/managed", true}, {"/home/x", std::nullopt}};
  const auto body = json::parse(posture_body(posture));
  EXPECT_EQ(body["posture"]["processes"], (json{{"falcon-sensor", false}}));
  EXPECT_EQ(body["posture"]["files"], (json{{"/etc/corp/managed", true}}));
}

TEST(Posture, TheDocumentShowsEveryThingThatTheBodyCarriesAndWhatIsUnknown) {
  auto posture = some_posture();
  posture.processes = {{"falcon-sensor", false}, {"hidden", std::nullopt}};
  const auto list = reported_document(posture);
  ASSERT_EQ(list.size(), 10U);
  EXPECT_EQ(list[3], (json{{"key", "disk_encrypted"}, {"value", nullptr}, {"source", ""}}));
  EXPECT_EQ(list[4]["value"], true);
  EXPECT_EQ(list[8]["key"], "process falcon-sensor");
  EXPECT_EQ(list[8]["value"], false);
  EXPECT_EQ(list[9]["value"], nullptr);
}

TEST(Posture, ALineThatFailsComesWithAWayToMendItAndOneThatHoldsDoesNot) {
  const PostureStanding standing{
      {{"healthy",
        PostureState::Fails,
        true,
        {{"firewall", "true", "false", PostureState::Fails}, {"secure_boot", "true", "true", PostureState::Holds}}}},
      0};
  const auto checks = checks_document(standing, some_posture());
  EXPECT_EQ(checks[0]["state"], "fails");
  EXPECT_TRUE(checks[0]["lines"][0].contains("mend"));
  EXPECT_FALSE(checks[0]["lines"][1].contains("mend"));
}

TEST(Posture, FailsWhenANeededCheckDoesNotHoldOrIsUnknown) {
  const auto failing = [](PostureState state, bool needed) { return is_failing({{{"x", state, needed, {}}}, 0}); };
  EXPECT_TRUE(failing(PostureState::Fails, true));
  EXPECT_TRUE(failing(PostureState::Unknown, true));
  EXPECT_FALSE(failing(PostureState::Holds, true));
  EXPECT_FALSE(failing(PostureState::Fails, false));
  EXPECT_FALSE(is_failing({}));
  EXPECT_TRUE(is_failing({{{"x", PostureState::Holds, true, {}}}, 1})) << "how the other stands is unknown";
}

}  // namespace
}  // namespace sallyport
