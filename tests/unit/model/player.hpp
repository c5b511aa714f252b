#pragma once

#include "tests/unit/model/probes.hpp"
#include "tests/unit/model/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

namespace sallyport::model {

using std::chrono::seconds;

/// Longer than any beat and answer.
inline constexpr std::int64_t kLongestSilence = 5 * 60 + 30;

/// Plays steps to the reference and the real system, and compares them.
class Player {
 public:
  Player(const Circumstances& circumstances, Tally& tally)
      : policies_{circumstances.policies},
        tally_{tally},
        reference_{circumstances.policies, circumstances.pki.ours.authority().certificate().not_before,
                   circumstances.pki.ours.authority().certificate().not_after},
        system_{circumstances.pki,
                {.challenged = [this](int id, int nonce) { reference_.challenged(id, nonce); },
                 .answered = [this](int id, int nonce, Forgery forgery, const Report& report,
                                    Code code) { answered(id, nonce, forgery, report, code); },
                 .judged = [this](int id,
                                  std::string_view result) { judged_.push_back(fmt::format("{} {}", id, result)); }}} {
    (void)reference_.use_list(list_number_, kStart, kStart + kLongDue, {}, false);
    list_ = {list_number_, kStart, kStart + kLongDue, {}};
    tick();
    for (int device = 0; device < kDevices; ++device)
      enrol(device, device % kUsers, std::chrono::hours{2 + 20 * device});
    for (int user = 0; user + 1 < kUsers; ++user) take_secret(user);
  }

  /// What the reference and the system disagree about after it.
  std::optional<std::string> play(const Step& step) {
    said_.clear();
    const bool did = apply(step);
    finish();
    tally_.done[static_cast<std::size_t>(step.kind)] += did ? 1 : 0;
    story_.push_back(fmt::format("{}{}", words_of(step.kind), did ? ": " + said_ : " (nothing to do)"));
    if (!fault_) check();
    return fault_;
  }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }

 private:
  using Connection = Reference::Connection;
  using State = Reference::State;
  struct List {
    std::uint64_t number = 0;
    WallTime issued{};
    WallTime due{};
    std::set<std::string> revoked{};
  };
  static constexpr std::chrono::days kLongDue{3'000};

  // --- helpers ---
  template <class... Values>
  void say(fmt::format_string<Values...> format, Values&&... values) {
    said_ += fmt::format(format, std::forward<Values>(values)...);
  }
  template <class... Values>
  void fault(fmt::format_string<Values...> format, Values&&... values) {
    if (!fault_) fault_ = fmt::format(format, std::forward<Values>(values)...);
  }
  template <class Value>
  void agree(const char* what, const Value& expected, const Value& got) {
    if (!(expected == got)) fault("{}: the reference says {}, the gateway {}", what, expected, got);
  }
  [[nodiscard]] bool is_blocked(const Connection& connection) {
    return connection.vanished || reference_.device(connection.device).partitioned;
  }
  /// A connection for which `holds`; -1: none.
  template <class Predicate>
  int pick(std::uint32_t number, Predicate holds) {
    std::vector<int> all;
    for (const auto& [id, connection] : reference_.connections()) {
      if (holds(connection)) all.push_back(id);
    }
    return all.empty() ? -1 : all[number % all.size()];
  }
  [[nodiscard]] static bool can_act(const Connection& connection) { return !connection.vanished && !connection.closed; }
  [[nodiscard]] static bool is_online(const Connection& connection) {
    return can_act(connection) && connection.state == State::Online;
  }
  [[nodiscard]] static bool attests(const Connection& connection) {
    return is_online(connection) && connection.attests;
  }
  [[nodiscard]] static bool is_session(const Connection& connection) {
    const auto state = connection.state;
    return !connection.is_refused && (state == State::Awaiting || state == State::Verifying || state == State::Online);
  }
  Connection& at(int id) { return reference_.connections().at(id); }
  const Probes& probes(const std::string& address) { return probes_.try_emplace(address, address).first->second; }

  /// What the client sent arrives now, or when the network is mended.
  void deliver(int id, std::function<void()> arrives) {
    auto& connection = at(id);
    if (connection.state == State::Handshaken || is_blocked(connection))
      connection.on_the_way.push_back(std::move(arrives));
    else
      arrives();
  }
  void arrive(int id) {
    auto& way = at(id).on_the_way;
    while (!way.empty()) {
      const auto arrives = std::move(way.front());
      way.pop_front();
      arrives();
    }
  }
  void answered(int id, int nonce, Forgery forgery, const Report& report, Code code) {
    ++tally_.attested;
    const auto result = reference_.answered(id, nonce, forgery, report, code);
    if (result) expected_judged_.push_back(fmt::format("{} {}", id, *result));
    tally_.proved += result && *result == "accepted" ? 1U : 0U;
  }

  /// Everything that moves by itself has moved.
  void finish() {
    system_.pump();
    bury(false);
  }
  void bury(bool at_once) {
    std::vector<int> gone;
    for (const auto& [id, connection] : reference_.connections()) {
      if (connection.state == State::Ended && (at_once || !is_blocked(connection))) gone.push_back(id);
    }
    for (const int id : gone) reference_.erase(id);
  }
  void tick() {
    reference_.set_clocks(clocks_);
    system_.set_clocks(clocks_);
    bury(true);
    reference_.tick();
    system_.tick();
    bury(false);
    for (const auto& [id, connection] : reference_.connections()) {
      if (connection.state != State::Online || !connection.attests) continue;
      const auto silent = clocks_.steady - connection.last_asked.value_or(connection.began);
      if (silent > kLongestSilence) fault("connection {} was not asked for {} s", id, silent);
    }
  }
  void pass(std::int64_t time) {
    while (time > 0 && !fault_) {
      const auto step = std::min(time, system_.next_due());
      time -= step;
      clocks_.steady += step;
      clocks_.wall += seconds{step};
      tick();
    }
  }

  // --- transitions: false when there was nothing to do ---
  bool apply(const Step& step);
  bool connect(int device, int certificate, int source, bool attests, bool asks, bool is_admitted);
  bool connect_foreign(int device);
  bool admit(int id);
  bool dribble(std::uint32_t number);
  bool report(const Step& step);
  bool answer_held(const Step& step, bool is_forged, bool is_nonsense);
  bool replay(const Step& step, bool elsewhere);
  bool prove(std::uint32_t number, Code code);
  bool take_secret(int user);
  bool use_policy(std::size_t policy);
  bool load_list(seconds due, const std::set<std::string>& more = {});
  bool load_known_list(List list, bool is_forged);
  bool set_state(int device, DeviceState state, bool is_noticed);
  bool set_person(int user, bool is_enabled);
  bool enrol(int device, int user, seconds lifetime);
  bool renew(const Step& step, bool changes_over);
  bool roam(const Step& step);
  bool cut(int device, bool is_cut);
  bool close(std::uint32_t number);
  bool kill(std::uint32_t number);
  bool end_by_admin(std::uint32_t number);
  bool restart();
  bool set_clock(std::int64_t by);
  bool sleep(std::uint32_t number);
  bool send_packet(const Step& step);
  bool office_packet(const Step& step, Kind kind);
  bool send_fragments(const Step& step);
  bool send_capsule(std::uint32_t number, bool is_malformed);

  // --- comparison ---
  void check();
  void check_states();
  void check_arrivals();
  void probe(int id, const Connection& connection);
  void probe_office(int id, const Connection& connection, Session& session);

  const std::vector<PolicyPlan>& policies_;
  Tally& tally_;
  Clocks clocks_;
  Reference reference_;
  std::uint64_t list_number_ = 1;
  List list_;
  std::vector<std::string> judged_;
  std::vector<std::string> expected_judged_;
  System system_;
  std::map<std::string, Probes> probes_;
  std::map<int, std::size_t> dribbled_;
  std::map<int, Report> reports_;
  std::vector<ByteBuffer> expected_at_office_;
  std::optional<std::string> fault_;
  std::string said_;
  std::vector<std::string> story_;
  int next_connection_ = 1;
  std::uint32_t next_fragment_ = 1;
};

}  // namespace sallyport::model
