#pragma once

#include "tests/unit/model/policy_plan.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sallyport::model {

/// What must be deliverable, as plainly as it can be said: no cache, no generation, no deadline of anything. Every
/// question is answered from what was ever shown, at the moment it is asked. It shares no code with the gateway.
///
/// Dates of evidence are kept on the steady clock. "Trusted" time is the wall clock, or what it would be had it never
/// been set back.
class Reference {
 public:
  /// Verifying: it has its tunnel, which carries nothing before it takes over from the one that its device has.
  enum class State { Handshaken, Awaiting, Verifying, Online, Ended };

  struct Flow {
    std::int64_t last_seen = 0;
    bool answered = false;
  };
  struct Posture {
    Report report;
    std::int64_t at = 0;
  };
  struct Challenge {
    int nonce = 0;
    std::int64_t asked = 0;
  };
  struct Connection {
    int device = 0;
    int user = 0;
    int certificate = 0;
    int source = 0;
    bool attests = false;
    bool asks = true;       ///< sends the upgrade request by itself
    bool vanished = false;  ///< its client is gone, without a word
    bool closed = false;    ///< its client said that it goes
    bool is_refused = false;
    State state = State::Handshaken;
    bool is_held = false;     ///< another one of its device had the address when it came
    std::uint64_t place = 0;  ///< in the order of admissions
    std::int64_t began = 0;
    std::int64_t lead = 0;  ///< of trusted time over the steady clock, as this session knows it
    std::string address{};
    std::optional<std::int64_t> key_proved{};
    std::optional<std::int64_t> user_proved{};
    WallTime revocation_as_of{};
    std::optional<Posture> posture{};
    std::map<FlowName, Flow> flows{};
    std::optional<Challenge> open{};
    std::optional<std::int64_t> last_asked{};
    std::deque<std::function<void()>> on_the_way{};  ///< to the gateway, held up by a partition
  };
  struct Device {
    int user = 0;
    enum { Active, Disabled, Revoked } state = Active;
    int newest = -1;    ///< certificate
    int previous = -1;  ///< -1: none
    std::optional<std::string> address{};
    std::optional<WallTime> proved{};  ///< trusted date
    int failures = 0;
    WallTime last_failed{};
    bool partitioned = false;
  };

  explicit Reference(const std::vector<PolicyPlan>& policies, WallTime ca_from, WallTime ca_until)
      : policies_{policies}, ca_from_{ca_from}, ca_until_{ca_until} {}

  // --- what happens ---
  void set_clocks(const Clocks& clocks) { clocks_ = clocks; }
  void add_certificate(CertificatePlan certificate) { certificates_.push_back(std::move(certificate)); }
  void drop_last_certificate() { certificates_.pop_back(); }
  void enrol(int device, int user, int certificate);
  /// Whether `presented` may be followed by `next`; it is then.
  bool renew(int device, int presented, int next);
  void set_state(int device, int state);
  void disable_person(int user);
  void enable_person(int user) { disabled_.erase(user); }
  [[nodiscard]] bool is_disabled(int user) const { return disabled_.contains(user); }
  void take_secret(int user) {
    used_step_[user] = 0;
    forget_proofs(user);
  }

  /// Whether TLS lets this certificate in now.
  [[nodiscard]] bool may_shake_hands(int certificate) const;
  void shake_hands(int connection, int certificate, int source, bool attests, bool asks);
  /// The name of the refusal, or "". `address` is what the gateway gave.
  std::string admit(int connection);
  void give_address(int connection, const std::string& address);
  /// Nullopt: the address is right; else what is wrong with it.
  [[nodiscard]] std::optional<std::string> fault_of_address(int device, const std::string& address) const;

  void request(int connection);  ///< the upgrade request has arrived
  void end(int connection);
  void erase(int connection);
  void restart();

  void challenged(int connection, int nonce);
  /// An answer has arrived. What its code came to, when it was judged: the name of the result.
  std::optional<std::string> answered(int connection, int nonce, Forgery forgery, const Report& report, Code code);

  void use_policy(int policy) { policy_ = policy; }
  /// What is on the next list.
  [[nodiscard]] std::set<std::string> revoked_now() const;
  /// A list has arrived; false when it must not be used.
  bool use_list(std::uint64_t number, WallTime issued, WallTime due, std::set<std::string> revoked, bool is_forged);
  /// Everything is looked at again, as at every reload.
  void sweep();
  /// The gateway looks at its clocks and deadlines.
  void tick();
  void accept_clock() {
    lead_ = clocks_.lead();
    kept_ = clocks_.wall;
  }
  [[nodiscard]] bool can_start() const;

  // --- packets: whether they pass, and what becomes of the flow ---
  bool from_client(int connection, FlowName flow);
  bool from_office(int connection, FlowName flow, bool opens);
  bool error_from_office(int connection, FlowName flow);

  // --- what would pass, without any effect ---
  [[nodiscard]] bool may_reach(const Connection& connection, int place) const;
  [[nodiscard]] bool is_live(const Connection& connection, FlowName flow) const;
  [[nodiscard]] bool may_answer(const Connection& connection, FlowName flow) const {
    return is_live(connection, flow) && may_reach(connection, flow.place);
  }

  [[nodiscard]] std::map<int, Connection>& connections() { return connections_; }
  [[nodiscard]] Device& device(int number) { return devices_[number]; }
  [[nodiscard]] const CertificatePlan& certificate(int number) const {
    return certificates_[static_cast<std::size_t>(number)];
  }
  [[nodiscard]] std::size_t certificates() const { return certificates_.size(); }
  [[nodiscard]] WallTime trusted() const {
    return WallTime{std::chrono::seconds{clocks_.steady + std::max(lead_, clocks_.lead())}};
  }
  /// The connection that packets for an address go to; -1: none.
  [[nodiscard]] int owner_of(const std::string& address) const {
    const auto found = owners_.find(address);
    return found == owners_.end() ? -1 : found->second;
  }
  [[nodiscard]] std::int64_t used_step(int user) const {
    const auto found = used_step_.find(user);
    return found == used_step_.end() ? 0 : found->second;
  }
  [[nodiscard]] bool has_secret(int user) const { return used_step_.contains(user); }

 private:
  enum class Answer { No, Yes, Unknown };
  [[nodiscard]] static Answer age_of(std::optional<std::int64_t> age, std::int64_t limit);
  [[nodiscard]] Answer condition_of(const RulePlan& rule, const Connection& connection) const;
  [[nodiscard]] bool accepts(int device, int certificate) const;
  [[nodiscard]] std::optional<std::string> problem_of_trust(WallTime now) const;
  [[nodiscard]] bool asks_for_proof(const Connection& connection) const;
  std::string judge_code(Connection& connection, std::int64_t asked, Code code);
  void forget_proofs(int user);
  void end_stale(int device);
  void take_over(int connection);
  void go_online(int connection);
  [[nodiscard]] static bool is_live(const Connection& connection);
  [[nodiscard]] bool has_another(int connection) const;
  [[nodiscard]] std::size_t live_devices() const;

  struct List {
    std::uint64_t number = 0;
    WallTime issued{};
    WallTime due{};
    std::set<std::string> revoked;
  };

  const std::vector<PolicyPlan>& policies_;
  WallTime ca_from_;
  WallTime ca_until_;
  Clocks clocks_;
  std::int64_t lead_ = INT64_MIN / 2;
  WallTime kept_{};  ///< trusted time, as it was written down last
  int policy_ = 0;
  List list_;
  std::map<int, Device> devices_;
  std::vector<CertificatePlan> certificates_;
  std::set<int> disabled_;  ///< users
  std::set<int> revoked_;   ///< certificates, on record
  std::map<int, Connection> connections_;
  std::uint64_t admissions_ = 0;
  std::map<int, int> heirs_;               ///< the newest connection of a device that is to take over
  std::map<std::string, int> owners_;      ///< of addresses
  std::map<int, std::int64_t> used_step_;  ///< of users who have a secret
};

}  // namespace sallyport::model
