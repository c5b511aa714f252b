#include "client/linux/posture/linux_posture.hpp"

#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

TEST(LinuxPosture, KnowsNothingOfAnEmptySystem) {
  const test::MadeUpSystem system;
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  const auto posture = source.collect({"falcon-sensor"});
  EXPECT_TRUE(posture.os.empty());
  ASSERT_EQ(posture.facts.size(), kPostureFactNames.size());
  for (const auto& [name, fact] : posture.facts) {
    EXPECT_EQ(fact.value, std::nullopt) << name;
    EXPECT_FALSE(fact.source.empty()) << name;
  }
  EXPECT_EQ(posture.processes, (PostureAnswers{{"falcon-sensor", std::nullopt}}));
  EXPECT_TRUE(posture.files.empty());
}

TEST(LinuxPosture, SaysOfAFileOnlyWhetherItIsThere) {
  const test::MadeUpSystem system;
  system.write("/etc/corp/managed", "secret");
  system.folder("/etc/corp/folder");
  system.link("/etc/corp/dangling", "nowhere");
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  EXPECT_EQ(source.look_for({"/etc/corp/dangling", "/etc/corp/folder", "/etc/corp/managed", "/etc/corp/managed/x"}),
            (PostureAnswers{{"/etc/corp/dangling", false},
                            {"/etc/corp/folder", true},
                            {"/etc/corp/managed", true},
                            {"/etc/corp/managed/x", false}}));
}

TEST(LinuxPosture, SaysNothingOfAFileItCannotLookFor) {
  const test::MadeUpSystem system;
  const std::string too_long(300, 'x');
  const LinuxPosture source{system.at(""), [] { return std::nullopt; }};
  EXPECT_EQ(source.look_for({'/' + too_long}).at('/' + too_long), std::nullopt);
}

TEST(LinuxPosture, AsksTheSystemItRunsOnWithoutHarm) {
  const LinuxPosture source;
  const auto posture = source.collect({"sallyport-no-such-process"});
  EXPECT_FALSE(posture.kernel.empty());
  EXPECT_NE(posture.processes.at("sallyport-no-such-process"), true);
  EXPECT_EQ(source.look_for({"/etc/passwd"}).at("/etc/passwd"), true);
}

}  // namespace
}  // namespace sallyport
