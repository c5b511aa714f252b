#pragma once

#include "common/base/text.hpp"
#include "server/gateway/control_books.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/session_counts.hpp"
#include "server/gateway/worker_orders.hpp"
#include "tests/support/log_sinks.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport {

/// Workers that carry nothing: what they are told is kept.
class IdleWorkforce final : public Workforce {
 public:
  using Workforce::tell;
  [[nodiscard]] std::size_t size() const noexcept override { return 1; }
  void push(std::size_t /*worker*/, WorkerCommand&& command) override { told.push_back(std::move(command)); }
  void tell(SessionId /*session*/, WorkerCommand&& command) override { told.push_back(std::move(command)); }
  [[nodiscard]] bool adopt(command::Adopt&& adopt) override {
    adopted.push_back(std::move(adopt));
    return keeps_up;
  }
  void forget(SessionId session) override { forgotten.push_back(session); }

  /// The latest command of this kind; null: none was told.
  template <class Command>
  [[nodiscard]] const Command* last() const {
    for (auto command = told.rbegin(); command != told.rend(); ++command) {
      if (const auto* found = std::get_if<Command>(&*command)) return found;
    }
    return nullptr;
  }

  std::vector<WorkerCommand> told;
  std::vector<command::Adopt> adopted;
  std::vector<SessionId> forgotten;
  bool keeps_up = true;
};

/// What the parts of the control thread share, with real files, a clock that the test moves, and workers that carry
/// nothing. The policy lets ana@example.com reach the web.
class ControlRoom : public testing::Test {
 protected:
  ControlRoom() {
    registry_.give_numbers(1, 1000);
    orders_.begin(workers_);
    EXPECT_TRUE(journal_.open());
  }

  /// A session of this device that carries.
  SessionRegistry::Entry& connect(const std::string& device = "ana-laptop",
                                  const std::string& user = "ana@example.com") {
    SessionRegistry::Entry entry;
    entry.grant.id = registry_.next_id();
    entry.grant.device = DeviceId{device};
    entry.grant.user = UserId{user};
    entry.grant.serial = device;
    entry.grant.issuer = snapshot_.trust.bundle->id_of(snapshot_.trust.bundle->authorities().front());
    entry.grant.certificate_expires = now_.wall + std::chrono::days{9};
    entry.grant.source = *IpAddress::parse("192.0.2.7");
    entry.evidence = evidence_of(entry.grant);
    entry.started = true;
    const SessionId id = entry.grant.id;
    registry_.add(std::move(entry));
    return *registry_.find(id);
  }
  void enroll(const std::string& device = "ana-laptop", const std::string& user = "ana@example.com") {
    EXPECT_TRUE(store_.enroll({DeviceId{device}, UserId{user}, device, now_.wall + std::chrono::days{9}}, Replace::Yes,
                              now_.wall));
  }
  /// Every worker has carried out the latest command of this kind.
  template <class Command>
  void carry_out() {
    const auto* command = workers_.last<Command>();
    ASSERT_NE(command, nullptr);
    orders_.take(report::Done{command->ticket});
  }
  void pass(std::chrono::seconds span) {
    now_.steady += span;
    now_.wall += span;
  }

  [[nodiscard]] std::vector<nlohmann::json> records_of(const std::string& event) const {
    std::vector<nlohmann::json> found;
    std::ifstream file{snapshot_.config.audit};
    for (std::string line; std::getline(file, line);) {
      auto record = nlohmann::json::parse(line, nullptr, false);
      if (record.is_object() && record.value("event", "") == event) found.push_back(std::move(record));
    }
    return found;
  }
  [[nodiscard]] auto times_said(const std::string& event) const {
    return std::count(said_.begin(), said_.end(), event);
  }

  [[nodiscard]] static LoadedPolicy policy_for(const std::string& user) {
    return load_policy_texts({{"10.toml",
                               "version = 1\n[resources]\nweb = { net = \"10.0.0.1\", ports = \"443/tcp\" }\n"
                               "[allow.web]\nwho = \"" +
                                   user + "\"\nto = \"web\"\n"}})
        .value();
  }

 private:
  [[nodiscard]] GatewayConfig config() const {
    GatewayConfig config;
    config.name = "vpn.example.com";
    config.state = directory_.path();
    config.audit = directory_.file("audit.jsonl");
    config.pool.v4 = IpPrefix::parse("10.99.0.0/28");
    config.limits.sessions = 2;
    return config;
  }
  [[nodiscard]] LoadedTrust trust() const {
    LoadedTrust trust;
    trust.bundle = pki_.trust();
    trust.context = std::make_shared<const ServerContext>(pki_.server(trust.bundle));
    trust.authorities = std::make_shared<const AuthorityNotice>();
    return trust;
  }

 protected:
  const TestPki pki_;
  const TemporaryDirectory directory_;
  Now now_{TimePoint{std::chrono::hours{100}}, pki_.now()};
  std::vector<std::string> said_;
  Log log_{std::make_unique<test::EventNames>(said_)};
  Snapshot snapshot_{config(), trust(), policy_for("ana@example.com")};
  ControlClock clock_{[this] { return now_; }};
  Store store_ = std::move(*Store::open_or_create(directory_.file("gateway.db")));
  SessionRegistry registry_;
  StoreAlarm store_alarm_{log_};
  AuditJournal journal_{snapshot_, registry_, store_, clock_, log_};
  const ControlBooks books_{snapshot_, clock_, store_, registry_, journal_, store_alarm_, log_};
  IdleWorkforce workers_;
  WorkerOrders orders_;
  GatewayTally tally_;
  SessionCounts counts_;
};

}  // namespace sallyport
