#include "server/history/policy_install.hpp"
#include "tests/unit/server/gateway/policy_versions_fixture.hpp"

#include <atomic>
#include <chrono>
#include <thread>

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

TEST_F(PolicyVersionsTest, SaysAtEachReadingWhichFilesDoNotCount) {
  const auto was_said = [this] {
    const bool was = was_logged("policy.uncounted_file");
    events_.clear();
    return was;
  };
  EXPECT_FALSE(was_said());
  std::ofstream{config_.policy_directory + "/90-deny.toml.bak"} << "version = 1\n";
  EXPECT_EQ(reload(), "in_force");
  EXPECT_TRUE(was_said());
  EXPECT_TRUE(start());
  EXPECT_TRUE(was_said());
  EXPECT_TRUE(apply().has_value());
  EXPECT_TRUE(was_said());
  fs::remove(config_.policy_directory + "/90-deny.toml.bak");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_FALSE(was_said());
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

TEST_F(PolicyVersionsTest, DropsAReloadThatAPlainApplyOvertook) {
  edit("B");
  auto candidate = versions_->read_for_reload(config_.policy_directory);
  ASSERT_TRUE(candidate.has_value());
  edit("C");
  ASSERT_TRUE(apply().has_value());
  std::string result;
  versions_->use(std::move(*candidate), "signal", [&](ReloadedPolicy outcome) { result = name_of(outcome); });
  EXPECT_EQ(result, "busy");
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

TEST_F(PolicyVersionsTest, ChangesNothingThatItCannotAudit) {
  edit("B");
  can_audit_ = false;
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::AuditUnwritable);
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(on_disk().versions().size(), 1U);
  can_audit_ = true;
  ASSERT_TRUE(try_out().has_value());
  EXPECT_EQ(audit_.back().event, "policy.apply");
  EXPECT_EQ(ran_at_audit_, "A") << "written before it was in force";
  can_audit_ = false;
  EXPECT_EQ(reason_of(versions_->confirm("root")), PolicyRefusalReason::AuditUnwritable);
  EXPECT_EQ(reason_of(roll_back()), PolicyRefusalReason::AuditUnwritable);
  EXPECT_EQ(runs(), "B");
  pass(60);
  EXPECT_EQ(runs(), "A") << "going back waits for nothing";
}

TEST_F(PolicyVersionsTest, ReloadsNoNewPolicyThatItCannotAudit) {
  edit("B");
  can_audit_ = false;
  EXPECT_EQ(reload(), "audit_unwritable");
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(on_disk().versions().size(), 1U);
  EXPECT_TRUE(was_logged("policy.refused"));
  EXPECT_EQ(versions_->counts().reloaded[static_cast<std::size_t>(ReloadedPolicy::Unaudited)], 1U);
  can_audit_ = true;
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(runs(), "B");
  EXPECT_EQ(ran_at_audit_, "A") << "written before it was in force";
  can_audit_ = false;
  EXPECT_EQ(reload(), "in_force") << "nothing new";
}

TEST_F(PolicyVersionsTest, AuditsWhatItStartsWithAndWhatItRefuses) {
  audit_.clear();
  EXPECT_TRUE(start());
  EXPECT_EQ(audit_.back().event, "policy.start");
  EXPECT_EQ(audit_.back().version, 1U);
  EXPECT_EQ(audit_.back().reason, "the policy directory holds it");
  EXPECT_EQ(reason_of(roll_back(7)), PolicyRefusalReason::NoSuchVersion);
  EXPECT_EQ(audit_.back().event, "policy.refused");
  EXPECT_EQ(audit_.back().reason, "no_such_version");
}

TEST_F(PolicyVersionsTest, ConfirmsNoOtherVersionThanTheOneThatIsMeant) {
  edit("B");
  ASSERT_TRUE(try_out().has_value());
  const auto outcome = versions_->confirm("root", VersionNumber{1});
  EXPECT_EQ(reason_of(outcome), PolicyRefusalReason::NotOnTrial);
  EXPECT_NE(outcome.error().hint.find("sallyportctl policy confirm 2"), std::string::npos) << outcome.error().hint;
  EXPECT_TRUE(versions_->record().pending().has_value());
  EXPECT_TRUE(versions_->confirm("root", VersionNumber{2}).has_value());
  EXPECT_EQ(reason_of(versions_->confirm("root", VersionNumber{2})), PolicyRefusalReason::NothingOnTrial);
}

TEST_F(PolicyVersionsTest, CountsAndAuditsEveryRefusal) {
  const auto refused = [this](PolicyRefusalReason reason) {
    return versions_->counts().refused.at(static_cast<std::size_t>(reason));
  };
  const auto reloaded = [this](ReloadedPolicy result) {
    return versions_->counts().reloaded.at(static_cast<std::size_t>(result));
  };
  (void)versions_->confirm("root");
  EXPECT_EQ(refused(PolicyRefusalReason::NothingOnTrial), 1U);
  EXPECT_EQ(audit_.back().event, "policy.refused");
  EXPECT_EQ(audit_.back().reason, "nothing_on_trial");
  (void)roll_back(7);
  (void)roll_back(7);
  EXPECT_EQ(refused(PolicyRefusalReason::NoSuchVersion), 2U);
  write("nonsense");
  EXPECT_EQ(reload(), "bad");
  EXPECT_EQ(refused(PolicyRefusalReason::BadPolicy), 1U);
  edit("B");
  EXPECT_EQ(reload(), "in_force");
  EXPECT_EQ(reloaded(ReloadedPolicy::InForce), 1U);
  std::ofstream{config_.policy_directory + '/' + kInstallMarker} << "";
  EXPECT_EQ(reload(), "half_installed");
  EXPECT_EQ(reloaded(ReloadedPolicy::HalfInstalled), 1U);
}

TEST_F(PolicyVersionsTest, WritesNothingOverADamagedHistoryThatItCannotSetAside) {
  edit("B");
  ASSERT_TRUE(apply().has_value());
  const auto before = on_disk();
  std::ofstream{config_.policy_history() + "/record"} << "nonsense";
  fs::create_directory(config_.policy_history() + ".damaged");
  for (int i = 2; i <= 9; ++i) fs::create_directory(config_.policy_history() + ".damaged-" + std::to_string(i));
  const auto names = [this] {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator{config_.policy_history()}) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto kept = names();
  EXPECT_TRUE(start()) << "the directory counts";
  EXPECT_EQ(runs(), "B");
  edit("C");
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::HistoryUnwritable);
  EXPECT_EQ(names(), kept);
  EXPECT_TRUE(was_logged("policy.history_failed"));
  EXPECT_TRUE(was_logged("policy.history_damaged"));
  fs::remove(config_.policy_history() + ".damaged-9");
  EXPECT_TRUE(apply().has_value()) << "no restart is needed once there is room";
  EXPECT_TRUE(fs::exists(config_.policy_history() + ".damaged-9/" + before.running()->digest.text()));
}

TEST_F(PolicyVersionsTest, SetsAsideAHistoryWhoseRecordIsLost) {
  const auto digest = on_disk().running()->digest.text();
  fs::remove(config_.policy_history() + "/record");
  edit("B");
  EXPECT_TRUE(start());
  EXPECT_TRUE(was_logged("policy.history_damaged"));
  EXPECT_TRUE(fs::exists(config_.policy_history() + ".damaged/" + digest));
  EXPECT_EQ(version(), 1U);
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
  EXPECT_EQ(reload(), "half_installed") << "certificates and revocation must not wait for it";
  EXPECT_EQ(runs(), "A");
  EXPECT_TRUE(was_logged("policy.not_reloaded"));
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

TEST_F(PolicyVersionsTest, TakesFilesThatAreUnderWayOnlyForWhoeverPutThem) {
  const auto install = PolicyInstall::put(config_.policy_directory, {{"10.toml", good("b")}});
  ASSERT_TRUE(install.has_value());
  EXPECT_EQ(reload(), "half_installed") << "nobody counted it, nobody would have to confirm it";
  EXPECT_EQ(reason_of(apply()), PolicyRefusalReason::BadPolicy);
  const auto other = pack_policy({{"10.toml", good("c")}})->digest;
  EXPECT_EQ(reason_of(apply({.by = "root", .digest = other})), PolicyRefusalReason::BadPolicy);
  EXPECT_EQ(runs(), "A");
  ASSERT_TRUE(apply({.by = "root", .confirm = std::chrono::seconds{60}, .digest = install->digest()}).has_value());
  EXPECT_EQ(runs(), "B");
  EXPECT_TRUE(versions_->record().pending().has_value());
}

TEST_F(PolicyVersionsTest, TakesNoOtherFilesThanThoseAsked) {
  const auto asked = pack_policy({{"10.toml", good("b")}})->digest;
  edit("C");
  EXPECT_EQ(reason_of(apply({.by = "root", .digest = asked})), PolicyRefusalReason::BadPolicy);
  EXPECT_EQ(runs(), "A");
  edit("B");
  EXPECT_TRUE(apply({.by = "root", .digest = asked}).has_value());
}

TEST_F(PolicyVersionsTest, StartsWithWhatRanWhenAnApplyWasKilledBeforeTheAnswer) {
  ASSERT_TRUE(PolicyInstall::put(config_.policy_directory, {{"10.toml", good("b")}}).has_value());
  EXPECT_TRUE(start());
  EXPECT_EQ(runs(), "A");
  EXPECT_EQ(version(), 1U);
}

/// Two files that name each other: half of one policy and half of another is told by the mixture.
TEST_F(PolicyVersionsTest, ReadsNoMixtureWhileFilesAreReplaced) {
  const std::string directory = directory_.file("mixed.d");
  std::atomic<bool> is_done{false};
  std::thread writer{[&] {
    for (int i = 0; !is_done; i = 1 - i) {
      const std::string text(200'000, i == 0 ? 'a' : 'b');
      const auto install = PolicyInstall::put(directory, {{"10.toml", text}, {"20.toml", text}, {"30.toml", text}});
      if (!install || !install->settle()) break;
      // As long as a policy stands between two changes, however short.
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  }};
  std::size_t whole = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (int i = 0; whole < 100 && std::chrono::steady_clock::now() < end; ++i) {
    const auto files = read_policy_files(directory);
    if (!files || files->texts.empty()) continue;
    ++whole;
    EXPECT_EQ(files->texts.size(), 3U);
    if (files->texts.size() != 3U) break;
    const bool is_mixed = files->texts[0].text != files->texts[2].text || files->texts[0].text != files->texts[1].text;
    EXPECT_FALSE(is_mixed) << "reading " << i;
    if (is_mixed) break;
  }
  is_done = true;
  writer.join();
  EXPECT_GT(whole, 0U);
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
