#include "tests/unit/server/gateway/policy_versions_fixture.hpp"

namespace sallyport {
namespace {

namespace fs = std::filesystem;

/// What becomes of a version that waits for confirmation, and of one that was taken out of force.
class PolicyTrial : public PolicyVersionsTest {
 protected:
  PolicyTrial() {
    edit("B");
    EXPECT_TRUE(try_out(60).has_value());
    EXPECT_EQ(runs(), "B");
  }
};

TEST_F(PolicyTrial, GoesBackByItselfWhenNobodyConfirms) {
  ASSERT_TRUE(versions_->record().pending().has_value());
  EXPECT_EQ(versions_->record().pending()->until, now_.wall + std::chrono::seconds{60});
  pass(59);
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(versions_->time_left(), std::chrono::seconds{1});
  pass(1);
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(version(), 3U);
  EXPECT_EQ(on_disk().running()->how, Activation::Revert);
  EXPECT_EQ(on_disk().running()->restores, VersionNumber{1});
  EXPECT_EQ(audit_.back().event, "policy.revert");
  EXPECT_EQ(audit_.back().version, 3U);
  pass(1000);
  EXPECT_EQ(version(), 3U);
}

TEST_F(PolicyTrial, IsTimedByTheSteadyClockAlone) {
  now_.wall += std::chrono::hours{24};
  versions_->handle_timeout();
  EXPECT_EQ(runs(), "B") << "a wall clock that jumps ends nothing";
  now_.wall -= std::chrono::hours{48};
  pass(60);
  EXPECT_EQ(runs(), "A") << "and stretches nothing";
}

TEST_F(PolicyTrial, StaysWhenItIsConfirmedAlsoAfterARestart) {
  const auto outcome = versions_->confirm("uid 0");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->version.number, VersionNumber{2});
  EXPECT_EQ(audit_.back().event, "policy.confirm");
  EXPECT_EQ(audit_.back().by, "uid 0");
  pass(3600);
  EXPECT_EQ(runs(), "B");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(version(), 2U);
  EXPECT_EQ(reason_of(versions_->confirm("root")), PolicyRefusalReason::NothingOnTrial);
}

TEST_F(PolicyTrial, EndsWithTheProcess) {
  ASSERT_TRUE(on_disk().pending().has_value()) << "on disk before it was in force";
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(version(), 3U);
  EXPECT_EQ(on_disk().running()->how, Activation::Revert);
  EXPECT_FALSE(on_disk().pending());
  EXPECT_EQ(audit_.back().event, "policy.revert");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A") << "and the directory still holds what nobody confirmed";
  EXPECT_EQ(version(), 3U);
  EXPECT_TRUE(was_logged("policy.held"));
  EXPECT_EQ(reason_of(versions_->confirm("root")), PolicyRefusalReason::NothingOnTrial) << "too late";
}

TEST_F(PolicyTrial, EndsWithTheProcessWhateverTheDirectoryHoldsThen) {
  edit("C");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A") << "a crash puts nothing in force that nobody asked for";
  EXPECT_FALSE(on_disk().pending());
  write("nonsense");
  edit("C");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "C");
  ASSERT_TRUE(roll_back().has_value());
  EXPECT_EQ(runs(), "A") << "never what nobody confirmed";
}

TEST_F(PolicyTrial, StartsWithWhatCameBeforeItAlsoBesideABadDirectory) {
  write("nonsense");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
}

TEST_F(PolicyTrial, IsNotConfirmedWhenItsTimeIsUp) {
  now_.steady += std::chrono::seconds{60};
  EXPECT_EQ(reason_of(versions_->confirm("root")), PolicyRefusalReason::NothingOnTrial);
  EXPECT_EQ(runs(), "A");
}

TEST_F(PolicyTrial, LeavesItsFilesHeldWhileTheDirectoryIsEmptyOrMissing) {
  pass(60);
  std::filesystem::remove(config_.policy_directory + "/10.toml");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "nobody");
  edit("B");
  EXPECT_EQ(reload(), "held");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "nobody") << "never what nobody confirmed";
  edit("C");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "C");
}

TEST_F(PolicyTrial, LetsNothingElseHappenToThePolicy) {
  EXPECT_EQ(reload(), "in_force") << "its own files are what runs";
  EXPECT_TRUE(versions_->record().pending().has_value()) << "and stay on trial";
  edit("C");
  EXPECT_EQ(reload(), "awaiting_confirmation");
  write("nonsense");
  EXPECT_EQ(reload(), "awaiting_confirmation") << "revocation is reloaded all the same";
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::AwaitingConfirmation);
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyTrial, IsOverAtOnceWithARollback) {
  ASSERT_TRUE(roll_back().has_value());
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(on_disk().running()->how, Activation::Rollback);
  EXPECT_FALSE(on_disk().pending());
  pass(3600);
  EXPECT_EQ(version(), 3U);
}

TEST_F(PolicyTrial, GoesBackEvenWhenNothingCanBeWrittenOrRead) {
  block_history();
  pass(60);
  EXPECT_EQ(runs(), "A");
  EXPECT_TRUE(was_logged("policy.history_failed"));
  free_history();
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A") << "the disk still says that it is on trial";
}

TEST_F(PolicyTrial, IsNotConfirmedWhenThatCannotBeWritten) {
  block_history();
  EXPECT_EQ(reason_of(versions_->confirm("root")), PolicyRefusalReason::HistoryUnwritable);
  pass(60);
  EXPECT_EQ(runs(), "A");
}

TEST_F(PolicyTrial, WaitsForAChangeThatIsBeingCounted) {
  workers_answer_ = false;
  std::string answer = "none";
  versions_->roll_back(std::nullopt, {.by = "root", .max_cut = 0},
                       [&](const PolicyOutcome& outcome) { answer = outcome ? "done" : "refused"; });
  sessions_cut_ = 1;
  pass(60);
  EXPECT_EQ(runs(), "B");
  late_answer_();
  EXPECT_EQ(answer, "done");
  EXPECT_EQ(runs(), "A");
  pass(1);
  EXPECT_EQ(version(), 3U) << "gone back once, not twice";
}

TEST_F(PolicyTrial, LeavesItsFilesHeldUntilTheDirectoryHoldsOthers) {
  pass(60);
  ASSERT_EQ(runs(), "A");
  EXPECT_EQ(reload(), "held");
  EXPECT_EQ(runs(), "A");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
  edit("C");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "C");
  edit("B");
  EXPECT_EQ(reload(), "in_force") << "the hold is over once other files were there";
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyTrial, LeavesItsFilesHeldUntilTheyAreAppliedOnPurpose) {
  pass(60);
  ASSERT_TRUE(apply().has_value());
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(version(), 4U);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyTrial, LeavesFilesHeldThatAreNoLongerEvenGood) {
  pass(60);
  // As if a newer program no longer took what the directory holds.
  auto record = versions_->record();
  write("nonsense");
  const auto held = pack_policy({{"10.toml", "nonsense"}});
  record.try_out({.number = {},
                  .time = now_.wall,
                  .hash = "00",
                  .digest = held->digest,
                  .size = 1,
                  .how = Activation::Apply,
                  .restores = {},
                  .by = "root"},
                 now_.wall);
  record.restore(VersionNumber{1}, Activation::Revert, "00", "gateway", now_.wall);
  ASSERT_TRUE(PolicyStore{config_.policy_history()}.save(record).has_value());
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(reload(), "held");
}

using PolicyRollback = PolicyVersionsTest;

TEST_F(PolicyRollback, BringsBackWhatTheDirectoryHoldsNoLonger) {
  for (const auto* name : {"B", "C"}) {
    edit(name);
    ASSERT_TRUE(apply().has_value());
  }
  ASSERT_TRUE(roll_back().has_value());
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(audit_.back().event, "policy.rollback");
  ASSERT_TRUE(roll_back().has_value());
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(reason_of(roll_back()), PolicyRefusalReason::NoSuchVersion);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A") << "the directory still holds C";
  ASSERT_TRUE(roll_back(3).has_value());
  EXPECT_EQ(runs(), "C");
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "C");
}

TEST_F(PolicyRollback, RefusesWhatIsNotThereOrRunsAlready) {
  EXPECT_EQ(reason_of(roll_back()), PolicyRefusalReason::NoSuchVersion);
  EXPECT_EQ(reason_of(roll_back(7)), PolicyRefusalReason::NoSuchVersion);
  EXPECT_EQ(reason_of(roll_back(0)), PolicyRefusalReason::NoSuchVersion);
  EXPECT_EQ(reason_of(roll_back(1)), PolicyRefusalReason::RunsAlready);
}

TEST_F(PolicyRollback, RefusesAVersionWhoseFilesAreDamaged) {
  const auto first = config_.policy_history() + '/' + versions_->record().running()->digest.text();
  edit("B");
  ASSERT_TRUE(apply().has_value());
  std::ofstream{first} << "nonsense";
  const auto outcome = roll_back();
  EXPECT_EQ(reason_of(outcome), PolicyRefusalReason::BadPolicy);
  EXPECT_NE(to_string(outcome.error().diagnostics).find("damaged"), std::string::npos);
  EXPECT_EQ(runs(), "B");
}

TEST_F(PolicyRollback, SaysWhereAVersionFailsThatIsNoLongerGood) {
  auto record = versions_->record();
  const auto bad = pack_policy({{"10.toml", "version = 1\nwhoo = 1\n"}});
  record.take({.number = {},
               .time = now_.wall,
               .hash = "00",
               .digest = bad->digest,
               .size = 1,
               .how = Activation::Apply,
               .restores = {},
               .by = "root"});
  record.take({.number = {},
               .time = now_.wall,
               .hash = "00",
               .digest = record.versions().front().digest,
               .size = 1,
               .how = Activation::Apply,
               .restores = {},
               .by = "root"});
  const PolicyStore store{config_.policy_history()};
  ASSERT_TRUE(store.keep(*bad) && store.save(record));
  ASSERT_TRUE(start());
  const auto outcome = roll_back(2);
  EXPECT_EQ(reason_of(outcome), PolicyRefusalReason::BadPolicy);
  EXPECT_EQ(outcome.error().diagnostics.front().file, "version-2/10.toml");
  EXPECT_EQ(outcome.error().diagnostics.front().line, 2U);
}

/// E-5: whatever became of the history, a good directory runs, and nothing else ever does.
class DamagedHistory : public PolicyVersionsTest {};

TEST_F(DamagedHistory, StopsNoGatewayWhoseDirectoryIsGood) {
  edit("B");
  ASSERT_TRUE(apply().has_value());
  std::ofstream{config_.policy_history() + "/record"} << "nonsense";
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(version(), 1U) << "a new history begins";
  EXPECT_TRUE(was_logged("policy.history_damaged"));
  EXPECT_TRUE(fs::exists(config_.policy_history() + ".damaged/record"));
  events_.clear();
  EXPECT_TRUE(start());
  EXPECT_FALSE(was_logged("policy.history_damaged"));
}

TEST_F(DamagedHistory, LetsNobodyInBesideABadDirectory) {
  std::ofstream{config_.policy_history() + "/record"} << "nonsense";
  write("nonsense");
  EXPECT_FALSE(start());
}

TEST_F(DamagedHistory, RunsNoRejectedPolicyWhenTheVersionThatMustRunIsLost) {
  const auto first = config_.policy_history() + '/' + versions_->record().running()->digest.text();
  edit("B");
  ASSERT_TRUE(try_out().has_value());
  pass(60);
  ASSERT_EQ(runs(), "A");
  fs::remove(first);
  const auto failure = find_starting_policy(config_);
  ASSERT_FALSE(failure.has_value());
  EXPECT_FALSE(failure.error().may_pass);
  const auto words = to_string(failure.error().diagnostics);
  EXPECT_NE(words.find("sallyportctl policy history"), std::string::npos) << words;
  EXPECT_TRUE(on_disk().is_held(pack_policy({{"10.toml", good("b")}})->digest));
}

TEST_F(DamagedHistory, RunsAnOlderVersionWhenTheOneThatMustRunIsLost) {
  edit("B");
  ASSERT_TRUE(apply().has_value());
  const auto second = config_.policy_history() + '/' + versions_->record().running()->digest.text();
  edit("C");
  ASSERT_TRUE(try_out().has_value());
  fs::remove(second);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
  EXPECT_TRUE(was_logged("policy.history_damaged"));
  EXPECT_EQ(on_disk().running()->restores, VersionNumber{1});
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A") << "the directory still holds what nobody confirmed";
}

TEST_F(DamagedHistory, IsNotForgottenWhenItCannotBeRead) {
  edit("B");
  ASSERT_TRUE(try_out().has_value());
  pass(60);
  const auto record = config_.policy_history() + "/record";
  ::chmod(record.c_str(), 0644);
  const auto failure = find_starting_policy(config_);
  ASSERT_FALSE(failure.has_value());
  EXPECT_TRUE(failure.error().may_pass) << "systemd tries again";
  ::chmod(record.c_str(), 0600);
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
  EXPECT_FALSE(fs::exists(config_.policy_history() + ".damaged"));
}

TEST_F(DamagedHistory, IsKeptForWhoeverLooksAtIt) {
  for (const auto* words : {"first", "second"}) {
    std::ofstream{config_.policy_history() + "/record"} << words;
    EXPECT_TRUE(start());
    EXPECT_EQ(audit_.back().event, "policy.start");
    EXPECT_NE(audit_.back().reason.find("damaged"), std::string::npos) << audit_.back().reason;
  }
  std::string kept;
  std::getline(std::ifstream{config_.policy_history() + ".damaged/record"}, kept);
  EXPECT_EQ(kept, "first");
  std::getline(std::ifstream{config_.policy_history() + ".damaged-2/record"}, kept);
  EXPECT_EQ(kept, "second");
}

TEST_F(DamagedHistory, NeverOpensAGatewayHoweverItsRecordWasChanged) {
  edit("B");
  ASSERT_TRUE(try_out().has_value());
  std::string whole;
  std::getline(std::ifstream{config_.policy_history() + "/record"}, whole, '\0');
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    for (const auto& entry : fs::directory_iterator{config_.state}) {
      if (entry.path().filename().string().find(".damaged") != std::string::npos) fs::remove_all(entry.path());
    }
    fs::create_directories(config_.policy_history());
    std::ofstream{config_.policy_history() + "/record"} << changed;
    fs::permissions(config_.policy_history() + "/record", fs::perms::owner_read | fs::perms::owner_write);
    ASSERT_TRUE(start());
    ASSERT_EQ(runs(), "B") << i;
  }
}

}  // namespace
}  // namespace sallyport
