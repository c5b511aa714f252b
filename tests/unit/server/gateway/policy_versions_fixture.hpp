#pragma once

#include "common/base/text.hpp"
#include "server/gateway/policy_versions.hpp"
#include "tests/support/log_sinks.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// A gateway's book of versions over real directories, with the sessions that the test says are live.
class PolicyVersionsTest : public testing::Test {
 protected:
  PolicyVersionsTest() {
    config_.policy_directory = directory_.file("policy.d");
    config_.state = directory_.file("state");
    std::filesystem::create_directory(config_.policy_directory);
    std::filesystem::create_directory(config_.state);
    edit("A");
    EXPECT_TRUE(start());
  }

  /// The policy directory says that `name` may reach the web.
  void edit(const std::string& name) const { write(good(lower_ascii(name))); }
  static std::string good(const std::string& name) {
    return "version = 1\n[resources]\nweb = { net = \"10.0.0.1\", ports = \"443/tcp\" }\n[allow.web]\nwho = \"" + name +
           "@example.com\"\nto = \"web\"\n[[test]]\nas = \"" + name + "@example.com\"\ncan = \"web:443/tcp\"\n";
  }
  void write(const std::string& text) const {
    const auto path = config_.policy_directory + "/10.toml";
    std::ofstream{path} << text;
    ::chmod(path.c_str(), 0644);
  }

  /// A new process on the same files; false when it would not start.
  bool start() {
    versions_.reset();
    in_force_.clear();
    auto found = find_starting_policy(config_);
    if (!found) return false;
    in_force_.push_back(found->policy.policy.policy);
    versions_ =
        std::make_unique<PolicyVersions>(std::move(*found), PolicyStore{config_.policy_history()}, hooks(), log_);
    versions_->begin();
    return true;
  }

  PolicyOutcome apply(const ChangeRequest& request = {.by = "root"}) {
    return outcome_of(
        [&](const WhenPolicyChanged& done) { versions_->apply(config_.policy_directory, request, done); });
  }
  PolicyOutcome try_out(int seconds = 60) { return apply({.by = "root", .confirm = std::chrono::seconds{seconds}}); }
  PolicyOutcome roll_back(std::optional<std::uint64_t> version = {}, const ChangeRequest& request = {.by = "root"}) {
    const auto target = version ? std::optional{VersionNumber{*version}} : std::nullopt;
    return outcome_of([&](const WhenPolicyChanged& done) { versions_->roll_back(target, request, done); });
  }
  std::string reload() {
    auto candidate = versions_->read_for_reload(config_.policy_directory);
    if (!candidate) return "bad";
    std::string result = "no answer";
    versions_->use(std::move(*candidate), "signal", [&](ReloadedPolicy outcome) { result = name_of(outcome); });
    return result;
  }
  void pass(int seconds) {
    now_.steady += std::chrono::seconds{seconds};
    now_.wall += std::chrono::seconds{seconds};
    versions_->handle_timeout();
  }

  /// Whom the policy in force lets reach the web: A, B, C or nobody.
  [[nodiscard]] std::string runs() const { return reader_of(*in_force_.back()); }
  static std::string reader_of(const Policy& policy) {
    for (const char name : std::string{"ABC"}) {
      const WallTime now{std::chrono::hours{500'000}};
      const auto rights = policy.rights_for({.user = UserId{lower_ascii({&name, 1}) + "@example.com"}}, now);
      const Destination web{*IpAddress::parse("10.0.0.1"), kProtocolTcp, 443};
      if (rights->judge(web, now).allows()) return {name};
    }
    return "nobody";
  }
  [[nodiscard]] std::uint64_t version() const {
    return static_cast<std::uint64_t>(versions_->record().running()->number);
  }
  [[nodiscard]] PolicyRecord on_disk() const { return **PolicyStore{config_.policy_history()}.load(); }
  [[nodiscard]] bool was_logged(const std::string& event) const {
    return std::find(events_.begin(), events_.end(), event) != events_.end();
  }
  static PolicyRefusalReason reason_of(const PolicyOutcome& outcome) {
    EXPECT_FALSE(outcome.has_value());
    return outcome ? PolicyRefusalReason::Busy : outcome.error().reason;
  }
  /// Nothing can be written to the history, whoever asks.
  void block_history() const {
    std::filesystem::rename(config_.policy_history(), config_.state + "/elsewhere");
    std::ofstream{config_.policy_history()} << "in the way";
  }
  void free_history() const {
    std::filesystem::remove(config_.policy_history());
    std::filesystem::rename(config_.state + "/elsewhere", config_.policy_history());
  }

  TemporaryDirectory directory_;
  GatewayConfig config_;
  Now now_{TimePoint{} + std::chrono::hours{1}, WallTime{std::chrono::hours{500'000}}};
  std::size_t sessions_cut_ = 0;  ///< what a count of the live sessions comes to
  bool workers_answer_ = true;
  std::function<void()> late_answer_;  ///< of workers that take their time
  std::vector<std::shared_ptr<const Policy>> in_force_;
  std::vector<AuditRecord> audit_;
  bool can_audit_ = true;
  std::string ran_at_audit_;  ///< when the newest audit record was written
  std::vector<std::string> events_;
  Log log_{std::make_unique<test::EventNames>(events_)};
  std::unique_ptr<PolicyVersions> versions_;

 private:
  PolicyHooks hooks() {
    return {.now = [this] { return now_; },
            .measure =
                [this](const std::shared_ptr<const Policy>&, const std::function<void(PolicyImpact)>& done) {
                  PolicyImpact impact;
                  for (std::size_t i = 1; i <= sessions_cut_; ++i) {
                    impact.add(SessionImpact{SessionId{i}, UserId{"a@example.com"}, DeviceId{"laptop"}, {3, 2}});
                  }
                  if (workers_answer_) return done(impact);
                  late_answer_ = [done, impact] { done(impact); };
                },
            .put_in_force =
                [this](const LoadedPolicy& policy, const std::function<void()>& done) {
                  in_force_.push_back(policy.policy);
                  done();
                },
            .audit =
                [this](AuditRecord record) {
                  ran_at_audit_ = in_force_.empty() ? "nobody" : runs();
                  if (can_audit_) audit_.push_back(std::move(record));
                  return can_audit_;
                }};
  }
  PolicyOutcome outcome_of(const std::function<void(const WhenPolicyChanged&)>& ask) {
    PolicyOutcome outcome = fail(PolicyRefusal{.reason = PolicyRefusalReason::Busy, .words = "no answer"});
    ask([&outcome](const PolicyOutcome& answer) { outcome = answer; });
    return outcome;
  }
};

}  // namespace sallyport
