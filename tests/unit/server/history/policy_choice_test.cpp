#include "server/history/policy_choice.hpp"

#include "tests/unit/server/history/versions.hpp"

#include <functional>
#include <set>

namespace sallyport {
namespace {

/// What an administrator and a gateway do, as short as it can be said.
enum class Step { EditA, EditB, EditC, Reload, Restart, Apply, Try, Confirm, TimeOut, RollBack };
constexpr Step kSteps[] = {Step::EditA, Step::EditB, Step::EditC,   Step::Reload,  Step::Restart,
                           Step::Apply, Step::Try,   Step::Confirm, Step::TimeOut, Step::RollBack};

/// The gateway with its record, as it goes by the choices.
struct Real {
  std::string directory = "A";
  PolicyRecord record;

  Real() { record.take(version_of("A", Activation::Start)); }
  PolicyVersion found() const { return version_of(directory); }
  bool runs_directory() const { return record.is_running(found().digest); }

  void start() {
    const auto source = choose_at_start(record, found().digest);
    if (source.choice == PolicyChoice::Directory) record.take(found());
    if (source.choice == PolicyChoice::Unconfirmed)
      record.restore(*source.version, Activation::Revert, "1", "start", at_minute(1));
  }
  void reload() {
    const auto source = choose_at_reload(record, found().digest);
    const bool changes_nothing = runs_directory() && record.pending();
    if (source.choice == PolicyChoice::Directory && !changes_nothing) record.take(found());
  }
  void apply(bool on_trial) {
    if (record.pending()) return;
    if (on_trial && !runs_directory())
      record.try_out(found(), at_minute(2));
    else
      record.take(found());
  }
  void roll_back(Activation how) {
    const auto target = record.rollback_target();
    if (target) record.restore(*target, how, "1", "root", at_minute(1));
  }
  void take(Step step) {
    switch (step) {
      case Step::EditA:
      case Step::EditB:
      case Step::EditC:
        directory = step == Step::EditA ? "A" : step == Step::EditB ? "B" : "C";
        break;
      case Step::Reload:
        reload();
        break;
      case Step::Restart:
        start();
        break;
      case Step::Apply:
      case Step::Try:
        apply(step == Step::Try);
        break;
      case Step::Confirm:
        if (record.pending()) record.confirm();
        break;
      case Step::TimeOut:
        if (record.pending()) roll_back(Activation::Revert);
        break;
      case Step::RollBack:
        roll_back(Activation::Rollback);
        break;
    }
  }
};

/// What people are promised, in names alone: what runs, what comes back, and which files of the directory were
/// rejected.
struct Promise {
  std::string runs = "A";
  std::string comes_back{};  ///< while something is on trial
  std::set<std::string> rejected{};

  void read(const std::string& directory) {
    if (directory == runs && !comes_back.empty()) return;
    if (rejected.contains(directory) || !comes_back.empty()) return;
    runs = directory;
    rejected.clear();
  }
  void reject(const std::string& instead) {
    rejected.insert(runs);
    rejected.erase(instead);
    runs = instead;
    comes_back.clear();
  }
  void start(const std::string& directory) {
    if (comes_back.empty()) return read(directory);
    reject(comes_back);
  }
  void apply(const std::string& directory, bool on_trial) {
    if (!comes_back.empty()) return;
    rejected.clear();
    if (on_trial && directory != runs) comes_back = runs;
    runs = directory;
  }
};

void follow(Promise& promise, Step step, const std::string& directory, const std::string& older) {
  if (step == Step::Reload) promise.read(directory);
  if (step == Step::Restart) promise.start(directory);
  if (step == Step::Apply || step == Step::Try) promise.apply(directory, step == Step::Try);
  if (step == Step::Confirm) promise.comes_back.clear();
  if (step == Step::TimeOut && !promise.comes_back.empty()) promise.reject(promise.comes_back);
  if (step == Step::RollBack && !older.empty()) promise.reject(older);
}

std::string older_than_running(const PolicyRecord& record) {
  const auto target = record.rollback_target();
  if (!target) return "";
  for (const auto* name : {"A", "B", "C"}) {
    if (record.find(*target)->digest == packed(name).digest) return name;
  }
  return "";
}

void expect_sound(const Real& real, const Promise& promise) {
  ASSERT_EQ(running_of(real.record), promise.runs);
  ASSERT_EQ(real.record.pending().has_value(), !promise.comes_back.empty());
  for (const auto* name : {"A", "B", "C"}) {
    ASSERT_EQ(real.record.is_held(packed(name).digest), promise.rejected.contains(name)) << name;
  }
  const auto text = real.record.to_text();
  ASSERT_TRUE(PolicyRecord::parse(*text) == real.record) << *text;
}

/// Every sequence of five steps from a gateway that started once: 100,000 of them.
TEST(PolicyChoice, KeepsItsPromiseInEverySequenceOfSteps) {
  std::vector<Step> way;
  std::size_t states = 0;
  const std::function<void(const Real&, const Promise&)> walk = [&](const Real& real, const Promise& promise) {
    if (testing::Test::HasFatalFailure()) return;
    ++states;
    if (way.size() == 5) return expect_sound(real, promise);
    for (const Step step : kSteps) {
      Real next = real;
      Promise promised = promise;
      follow(promised, step, next.directory, older_than_running(real.record));
      next.take(step);
      way.push_back(step);
      walk(next, promised);
      way.pop_back();
    }
  };
  walk(Real{}, Promise{});
  EXPECT_EQ(states, 111'111U);
}

TEST(PolicyChoice, StartsWithTheDirectoryWhenNothingIsRecorded) {
  EXPECT_EQ(choose_at_start(PolicyRecord{}, packed("A").digest), PolicySource{});
  EXPECT_EQ(choose_at_reload(PolicyRecord{}, packed("A").digest), PolicySource{});
}

TEST(PolicyChoice, StartsWithWhatCameBeforeFilesThatNobodyConfirmed) {
  Real gateway;
  gateway.directory = "B";
  gateway.apply(true);
  EXPECT_EQ(choose_at_start(gateway.record, packed("B").digest),
            (PolicySource{PolicyChoice::Unconfirmed, VersionNumber{1}}));
  EXPECT_EQ(choose_at_start(gateway.record, packed("C").digest),
            (PolicySource{PolicyChoice::Unconfirmed, VersionNumber{1}}))
      << "a crash puts nothing in force that nobody asked for";
  EXPECT_EQ(choose_without_directory(gateway.record, true),
            (PolicySource{PolicyChoice::Unconfirmed, VersionNumber{1}}));
  EXPECT_EQ(choose_at_reload(gateway.record, packed("B").digest), PolicySource{});
  EXPECT_EQ(choose_at_reload(gateway.record, packed("C").digest).choice, PolicyChoice::AwaitingConfirmation);
}

TEST(PolicyChoice, KeepsToTheVersionThatRunsWhileTheDirectoryHasRejectedFiles) {
  Real gateway;
  gateway.directory = "B";
  gateway.apply(true);
  gateway.take(Step::TimeOut);
  const PolicySource running{PolicyChoice::Held, VersionNumber{3}};
  EXPECT_EQ(choose_at_start(gateway.record, packed("B").digest), running);
  EXPECT_EQ(choose_at_reload(gateway.record, packed("B").digest), running);
  EXPECT_EQ(choose_at_start(gateway.record, packed("C").digest), PolicySource{});
}

TEST(PolicyChoice, StartsWithWhatRanWhenTheDirectoryIsHalfReplaced) {
  const Real gateway;
  EXPECT_EQ(choose_without_directory(gateway.record, true),
            (PolicySource{PolicyChoice::HalfInstalled, VersionNumber{1}}));
  EXPECT_EQ(choose_without_directory(gateway.record, false), PolicySource{}) << "a wrong directory stops the start";
  EXPECT_EQ(choose_without_directory(PolicyRecord{}, true), PolicySource{});
}

}  // namespace
}  // namespace sallyport
