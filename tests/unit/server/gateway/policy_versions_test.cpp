#include "server/history/policy_install.hpp"
#include "tests/unit/server/gateway/policy_versions_fixture.hpp"

namespace sallyport {
namespace {

namespace fs = std::filesystem;

TEST_F(PolicyVersionsTest, WritesDownWhatAGatewayStartsWith) {
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(version(), 1U);
  const auto record = on_disk();
  EXPECT_EQ(record, versions_->record());
  EXPECT_EQ(record.running()->how, Activation::Start);
  EXPECT_EQ(record.running()->hash, in_force_.back()->hash());
  EXPECT_TRUE(start());
  EXPECT_EQ(version(), 1U) << "a restart is no change";
}

TEST_F(PolicyVersionsTest, AppliesWhatTheDirectoryHolds) {
  edit("B");
  sessions_cut_ = 2;
  const auto outcome = apply();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(runs(), "B");
  EXPECT_TRUE(outcome->is_new);
  EXPECT_EQ(outcome->version.number, VersionNumber{2});
  EXPECT_EQ(outcome->impact.cut.size(), 2U);
  EXPECT_EQ(outcome->impact.flows_cut, 4U);
  EXPECT_EQ(on_disk().running()->how, Activation::Apply);
  ASSERT_EQ(audit_.back().event, "policy.apply");
  EXPECT_EQ(audit_.back().by, "root");
  EXPECT_EQ(audit_.back().version, 2U);
  EXPECT_EQ(audit_.back().policy, in_force_.back()->hash());
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(version(), 2U);
}

TEST_F(PolicyVersionsTest, MakesNothingNewOfWhatRunsAlready) {
  const auto outcome = apply();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->is_new);
  EXPECT_EQ(version(), 1U);
  ASSERT_TRUE(try_out().has_value());
  EXPECT_FALSE(versions_->record().pending()) << "there is nothing to try out";
}

TEST_F(PolicyVersionsTest, KeepsWhatRunsWhenTheNewPolicyIsWrong) {
  for (const auto& text : {std::string{"version = 1\nwho = \n"}, good("b") + "cannot = \"web:443/tcp\"\n"}) {
    write(text);
    const auto outcome = apply();
    EXPECT_EQ(reason_of(outcome), PolicyRefusalReason::BadPolicy);
    ASSERT_FALSE(outcome.error().diagnostics.empty());
    EXPECT_EQ(outcome.error().diagnostics.front().file, config_.policy_directory + "/10.toml");
    EXPECT_EQ(runs(), "A");
    EXPECT_EQ(in_force_.size(), 1U);
    EXPECT_EQ(on_disk().versions().size(), 1U);
  }
  EXPECT_FALSE(was_logged("policy.apply"));
}

TEST_F(PolicyVersionsTest, RefusesToCutMoreSessionsThanAreAllowed) {
  edit("B");
  sessions_cut_ = 3;
  const auto outcome = apply({.by = "root", .max_cut = 2});
  EXPECT_EQ(reason_of(outcome), PolicyRefusalReason::TooManyCut);
  EXPECT_EQ(outcome.error().impact.cut.size(), 3U) << "who it would be";
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(on_disk().versions().size(), 1U);
  EXPECT_TRUE(apply({.by = "root", .max_cut = 3}).has_value());
  EXPECT_EQ(reason_of(roll_back({}, {.by = "root", .max_cut = 0})), PolicyRefusalReason::TooManyCut);
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyVersionsTest, RefusesAChangeWhileAnotherIsUnderWay) {
  edit("B");
  workers_answer_ = false;
  bool done = false;
  versions_->apply(config_.policy_directory, {.by = "root"}, [&](const PolicyOutcome& outcome) {
    EXPECT_TRUE(outcome.has_value());
    done = true;
  });
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::Busy);
  EXPECT_EQ(reason_of(roll_back(1)), PolicyRefusalReason::Busy);
  EXPECT_EQ(reason_of(versions_->confirm("root")), PolicyRefusalReason::Busy);
  edit("C");
  EXPECT_EQ(reload(), "busy");
  write("nonsense");
  EXPECT_EQ(reload(), "busy") << "revocation is reloaded whatever the policy directory holds now";
  EXPECT_FALSE(done);
  EXPECT_EQ(runs(), "A");
  late_answer_();
  EXPECT_TRUE(done);
  EXPECT_EQ(runs(), "B") << "what was counted, not what the directory holds by now";
}

TEST_F(PolicyVersionsTest, DropsAReloadThatAChangeOvertook) {
  edit("B");
  auto candidate = versions_->read_for_reload(config_.policy_directory);
  ASSERT_TRUE(candidate.has_value());
  edit("C");
  ASSERT_TRUE(try_out().has_value());
  std::string result;
  versions_->use(std::move(*candidate), "signal", [&](ReloadedPolicy outcome) { result = name_of(outcome); });
  EXPECT_EQ(result, "awaiting_confirmation");
  EXPECT_EQ(runs(), "C");
}

TEST_F(PolicyVersionsTest, ChangesNothingThatItCannotWriteDown) {
  edit("B");
  block_history();
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::HistoryUnwritable);
  EXPECT_EQ(reason_of(try_out()), PolicyRefusalReason::HistoryUnwritable);
  EXPECT_EQ(runs(), "A");
  free_history();
  EXPECT_TRUE(apply().has_value());
  block_history();
  EXPECT_EQ(reason_of(roll_back()), PolicyRefusalReason::BadPolicy) << "its files cannot be read";
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyVersionsTest, ReloadsEvenWhenItCannotWriteThatDown) {
  edit("B");
  block_history();
  EXPECT_EQ(reload(), "in_force") << "the directory is the source; a restart would take it too";
  EXPECT_EQ(runs(), "B");
  EXPECT_TRUE(was_logged("policy.history_failed"));
  free_history();
  edit("C");
  ASSERT_TRUE(try_out().has_value());
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "B") << "what comes back was written with the trial";
}

TEST_F(PolicyVersionsTest, ReloadsWhatIsNew) {
  edit("B");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(on_disk().running()->how, Activation::Reload);
  EXPECT_EQ(on_disk().running()->by, "signal");
  EXPECT_EQ(audit_.back().event, "policy.reload");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(version(), 2U);
  write("nonsense");
  EXPECT_EQ(reload(), "bad");
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyVersionsTest, TakesNothingFromADirectoryThatIsHalfReplaced) {
  edit("B");
  const auto marker = config_.policy_directory + '/' + kInstallMarker;
  std::ofstream{marker} << "";
  EXPECT_EQ(reload(), "bad");
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::BadPolicy);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A") << "from the history";
  EXPECT_EQ(version(), 1U);
  fs::remove(marker);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "B");
  std::ofstream{marker} << "";
  fs::remove_all(config_.policy_history());
  EXPECT_FALSE(start()) << "without a history nothing is known to be whole";
}

TEST_F(PolicyVersionsTest, RunsNothingWhenTheDirectoryIsEmptyOrMissing) {
  fs::remove(config_.policy_directory + "/10.toml");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "nobody");
  fs::remove(config_.policy_directory);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "nobody");
  EXPECT_EQ(version(), 2U) << "no files are no files, with a directory or without";
}

}  // namespace
}  // namespace sallyport
