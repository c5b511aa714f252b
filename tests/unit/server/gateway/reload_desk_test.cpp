#include "server/gateway/reload_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

#include <filesystem>

namespace sallyport {
namespace {

/// A gateway whose files are gone since it started.
class Reload : public ControlRoom {
 protected:
  Reload() { std::filesystem::create_directory(directory_.file("policy.d")); }
  [[nodiscard]] PolicyStart start() {
    snapshot_.config.policy_directory = directory_.file("policy.d");
    return find_starting_policy(snapshot_.config).value();
  }

  const std::string config_path_ = directory_.file("gateway.toml");
  RightsShelf shelf_;
  AuthorityDesk authorities_{books_, orders_};
  OutlookKeeper outlook_{books_};
  TrustDesk trust_{snapshot_, config_path_, books_, orders_, authorities_, outlook_, [] {}};
  ListIntake lists_{books_, trust_, {.watch = [](auto, auto) {}, .was_refused = [](auto, auto) {}}};
  PolicyActivation policy_{snapshot_, books_, orders_, shelf_, start()};
  ReloadDesk desk_{snapshot_, config_path_, books_, {trust_, lists_, policy_, orders_, tally_}};
};

TEST_F(Reload, ChangesNothingWhenAFileIsWrongAndIsOnRecordAsRefused) {
  const auto before = snapshot_.policy.policy;
  bool is_done = false;
  EXPECT_FALSE(desk_.reload("root", std::nullopt, [&](std::size_t, ReloadedPolicy) { is_done = true; }));
  EXPECT_FALSE(is_done);
  EXPECT_EQ(snapshot_.policy.policy, before);
  EXPECT_EQ(snapshot_.trust_generation, 1U);
  ASSERT_EQ(records_of("reload.refused").size(), 1U);
  EXPECT_EQ(records_of("reload.refused").front()["by"], "root");
  EXPECT_TRUE(tally_.is_last_reload_refused);
}

TEST_F(Reload, EndsSessionsOfRevokedDevicesEvenWhenTheFilesOfTrustAreWrong) {
  enroll();
  const auto session = connect().grant.id;
  ASSERT_TRUE(store_.set_state(DeviceId{"ana-laptop"}, DeviceState::Disabled, now_.wall));
  EXPECT_FALSE(desk_.reload_trust([](std::size_t) {}, "root"));
  ASSERT_NE(workers_.last<command::End>(), nullptr);
  EXPECT_EQ(workers_.last<command::End>()->sessions, std::vector{session});
  EXPECT_EQ(workers_.last<command::End>()->reason, EndReason::DeviceDisabled);
}

}  // namespace
}  // namespace sallyport
