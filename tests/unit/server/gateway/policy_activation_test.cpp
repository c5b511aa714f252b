#include "server/gateway/policy_activation.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace sallyport {
namespace {

class Activation : public ControlRoom {
 protected:
  Activation() {
    snapshot_.config.policy_directory = directory_.file("policy.d");
    std::filesystem::create_directory(snapshot_.config.policy_directory);
    write("ana@example.com");
    activation_ = std::make_unique<PolicyActivation>(snapshot_, books_, orders_, shelf_,
                                                     find_starting_policy(snapshot_.config).value());
    activation_->versions().begin();
  }
  void write(const std::string& user) const {
    const auto path = snapshot_.config.policy_directory + "/10.toml";
    std::ofstream{path} << "version = 1\n[resources]\nweb = { net = \"10.0.0.1\", ports = \"443/tcp\" }\n"
                           "[allow.web]\nwho = \""
                        << user << "\"\nto = \"web\"\n";
    ::chmod(path.c_str(), 0644);
  }
  /// Puts in force what the directory holds, up to the workers' answer.
  void apply() {
    activation_->versions().apply(snapshot_.config.policy_directory, {.by = "root"},
                                  [this](const PolicyOutcome& outcome) { is_done_ = outcome.has_value(); });
    ASSERT_NE(workers_.last<command::Measure>(), nullptr);
    report::Measured measured{workers_.last<command::Measure>()->ticket, {}};
    orders_.take(measured);
  }

  RightsShelf shelf_;
  std::unique_ptr<PolicyActivation> activation_;
  bool is_done_ = false;
};

TEST_F(Activation, IsDoneWhenEveryWorkerHasThePolicy) {
  write("bo@example.com");
  const auto before = snapshot_.policy.policy;
  apply();
  EXPECT_NE(snapshot_.policy.policy, before);
  EXPECT_FALSE(is_done_);
  carry_out<command::ReplacePolicy>();
  EXPECT_TRUE(is_done_);
}

TEST_F(Activation, CompilesRightsOfLiveSessionsAheadEachTableOnce) {
  (void)connect();
  (void)connect();
  (void)connect("bo-laptop", "bo@example.com");
  write("bo@example.com");
  apply();
  EXPECT_EQ(workers_.last<command::ReplacePolicy>()->ready.size(), 2U);
}

TEST_F(Activation, SaysWhoWouldLoseAccessBeforeAnythingChanges) {
  const auto ana = connect().grant.id;
  (void)connect("bo-laptop", "bo@example.com");
  activation_->measure(policy_for("bo@example.com").policy, [](const PolicyImpact&) {});
  ASSERT_NE(workers_.last<command::Measure>(), nullptr);
  EXPECT_EQ(*workers_.last<command::Measure>()->losing, std::unordered_set{ana});
}

TEST_F(Activation, IsMeasuredFromTheCommandThatAskedForIt) {
  write("bo@example.com");
  const TimePoint asked = now_.steady;
  activation_->note_asked();
  pass(std::chrono::seconds{1});
  apply();
  EXPECT_EQ(workers_.last<command::ReplacePolicy>()->asked, asked);
}

TEST_F(Activation, ForgetsACommandThatCameToNothing) {
  activation_->note_asked();
  activation_->handle_timeout();
  write("bo@example.com");
  apply();
  EXPECT_EQ(workers_.last<command::ReplacePolicy>()->asked, std::nullopt);
}

TEST_F(Activation, HasTheRightsOfKnownDevicesReadyAtAStart) {
  enroll();
  activation_->expect(store_.devices().value());
  EXPECT_GT(shelf_.octets(), 0U);
}

}  // namespace
}  // namespace sallyport
