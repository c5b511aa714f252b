#include "tests/unit/model/run.hpp"

#include "common/wire/datagram.hpp"
#include "tests/unit/model/probes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace sallyport::model {
namespace {

using std::chrono::seconds;

/// Longer than any beat and answer.
constexpr std::int64_t kLongestSilence = 5 * 60 + 30;
constexpr std::size_t kMostReplays = 600;

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

bool Player::apply(const Step& step) {
  const auto [first, second, third] = step.numbers;
  const int device = static_cast<int>(first % kDevices);
  const int newest = reference_.device(device).newest;
  const int source = static_cast<int>(second % kSources.size());
  switch (step.kind) {
    case Kind::Connect:
      return connect(device, newest, source, true, true, true);
    case Kind::ConnectPlain:
      return connect(device, newest, source, false, true, true);
    case Kind::ConnectSilent:
      return connect(device, newest, source, true, false, true);
    case Kind::ConnectByAnyCertificate: {
      const auto certificate = static_cast<int>(third % reference_.certificates());
      return connect(reference_.certificate(certificate).device, certificate, source, true, true, true);
    }
    case Kind::ConnectByForeignCertificate:
      return connect_foreign(device);
    case Kind::BeginHandshake:
      return connect(device, newest, source, third % 4 != 0, true, false);
    case Kind::AdmitHandshake:
      return admit(pick(0, [](const auto& each) { return each.state == State::Handshaken; }));
    case Kind::DribbleRequest:
      return dribble(first);
    case Kind::ListenToChallenges:
    case Kind::IgnoreChallenges:
      system_.listen(device, step.kind == Kind::ListenToChallenges);
      say("device {}", device);
      return true;
    case Kind::PullKey:
    case Kind::PlugKey:
      system_.plug(device, step.kind == Kind::PlugKey);
      say("device {}", device);
      return true;
    case Kind::ReportPosture:
      return report(step);
    case Kind::AnswerLate:
      return answer_held(step, false, false);
    case Kind::ForgeAnswer:
      return answer_held(step, true, false);
    case Kind::AnswerNonsense:
      return answer_held(step, false, true);
    case Kind::ReplayAnswer:
      return replay(step, false);
    case Kind::ReplayAnswerElsewhere:
      return replay(step, true);
    case Kind::ProveRightly:
      return prove(first, Code::Right);
    case Kind::ProveWrongly:
      return prove(first, Code::Wrong);
    case Kind::ProveAgain:
      return prove(first, Code::Old);
    case Kind::TakeSecret:
      return take_secret(static_cast<int>(first % kUsers));
    case Kind::ReplacePolicy:
      return use_policy(first % policies_.size());
    case Kind::DenyEverything:
      return use_policy(0);
    case Kind::LoadList:
      return load_list(first % 3 == 0 ? seconds{std::chrono::days{1}} : seconds{kLongDue});
    case Kind::LoadShortList:
      return load_list(seconds{60 + first % 3'000});
    case Kind::LoadListBeyondRecords:
      // An authority may know more than the gateway's records do.
      return load_list(kLongDue, {reference_.certificate(newest).serial});
    case Kind::LoadSameList:
      return load_known_list(list_, false);
    case Kind::LoadOlderList:
      return list_.number > 1 && load_known_list({list_.number - 1, list_.issued, list_.due, {}}, false);
    case Kind::LoadForgedList:
      return load_known_list({list_.number + 1, list_.issued, list_.due, {}}, true);
    case Kind::RevokeDevice:
      return set_state(device, DeviceState::Revoked, true);
    case Kind::DisableDevice:
      return set_state(device, DeviceState::Disabled, true);
    case Kind::EnableDevice:
      return set_state(device, DeviceState::Active, true);
    case Kind::DisableUnnoticed:
      return set_state(device, DeviceState::Disabled, false);
    case Kind::DisablePerson:
      return set_person(static_cast<int>(first % kUsers), false);
    case Kind::EnablePerson:
      return set_person(static_cast<int>(first % kUsers), true);
    case Kind::EnrolAnew: {
      const auto user = second % 2 == 0 ? static_cast<int>(third % kUsers) : reference_.device(device).user;
      if (!enrol(device, user, seconds{120 + third % 300'000})) return false;
      // At once: the session before has ended, and nobody has put it away.
      if (first / kDevices % 2 == 0) (void)connect(device, reference_.device(device).newest, source, true, true, true);
      return true;
    }
    case Kind::Renew:
      return renew(step, false);
    case Kind::RenewAndChangeOver:
      return renew(step, true);
    case Kind::Roam:
      return roam(step);
    case Kind::Partition:
      return cut(device, true);
    case Kind::Heal:
      return cut(device, false);
    case Kind::CloseClient:
      return close(first);
    case Kind::KillClient:
      return kill(first);
    case Kind::EndByAdmin:
      return end_by_admin(first);
    case Kind::RestartGateway:
      return restart();
    case Kind::SetClockForward:
    case Kind::SetClockBack: {
      constexpr std::array<std::int64_t, 8> kJumps{10, 61, 600, 3'600, 3'600, 3'600, 86'400, 315'576'000};
      const auto jump = kJumps[first % kJumps.size()];
      return set_clock(step.kind == Kind::SetClockForward ? jump : -jump);
    }
    case Kind::AcceptClock:
      say("behind by {} s", (reference_.trusted() - clocks_.wall).count());
      system_.accept_clock();
      reference_.accept_clock();
      return true;
    case Kind::PassSeconds:
      say("{} s", 1 + first % 25);
      pass(1 + first % 25);
      return true;
    case Kind::PassMinutes:
      say("{} s", 60 + first % 240);
      pass(60 + first % 240);
      return true;
    case Kind::SleepLong:
      return sleep(first);
    case Kind::SendPacket:
      return send_packet(step);
    case Kind::AnswerFromOffice:
    case Kind::OpenFromOffice:
    case Kind::ErrorFromOffice:
      return office_packet(step, step.kind);
    case Kind::SendFragments:
      return send_fragments(step);
    case Kind::UnknownCapsule:
      return send_capsule(first, false);
    case Kind::MalformedCapsule:
      return send_capsule(first, true);
  }
  return false;
}

bool Player::connect(int device, int certificate, int source, bool attests, bool asks, bool is_admitted) {
  if (reference_.device(device).partitioned) return false;
  const int id = next_connection_++;
  const auto& shown = reference_.certificate(certificate);
  const bool expected = reference_.may_shake_hands(certificate);
  const bool got = system_.shake_hands(id, shown, source, attests, asks);
  say("device {} of {}, certificate {}, from {}: connection {}", device,
      kUserNames[static_cast<std::size_t>(shown.user)], certificate, kSources[static_cast<std::size_t>(source)], id);
  agree("handshake", expected, got);
  if (!got) {
    say(" refused by TLS");
    ++tally_.refusals["tls"];
    return true;
  }
  reference_.shake_hands(id, certificate, source, attests, asks);
  if (asks) at(id).on_the_way.emplace_back([this, id] { reference_.request(id); });
  return is_admitted ? admit(id) : true;
}

bool Player::connect_foreign(int device) {
  const auto foreign = system_.issue_foreign(device, reference_.device(device).user);
  if (system_.shake_hands(next_connection_++, foreign, 0, true, true))
    fault("a certificate of another authority was accepted");
  ++tally_.refusals["tls"];
  say("device {}", device);
  return true;
}

bool Player::admit(int id) {
  if (id < 0) return false;
  const auto expected = reference_.admit(id);
  const auto got = system_.admit(id);
  say(" connection {} {}", id, got.empty() ? "admitted" : got);
  agree("admission", expected, got);
  if (fault_) return true;
  ++(got.empty() ? tally_.admitted : tally_.refused);
  if (got.empty()) {
    const auto address = system_.address_of(id);
    if (const auto wrong = reference_.fault_of_address(at(id).device, address)) fault("{}: {}", address, *wrong);
    reference_.give_address(id, address);
    say(" with {}", address);
  } else {
    ++tally_.refusals[got];
  }
  if (!is_blocked(at(id))) arrive(id);
  return true;
}

bool Player::dribble(std::uint32_t number) {
  constexpr std::string_view kHead = "GET /.well-known/masque/ip/*/*/ HTTP/1.1\r\nHost: vpn.example.com\r\n";
  const int id = pick(number, [](const auto& each) { return can_act(each) && !each.asks; });
  if (id < 0 || dribbled_[id] >= kHead.size()) return false;
  system_.send_bytes(id, as_bytes(kHead.substr(dribbled_[id]++, 1)));
  say("connection {}", id);
  return true;
}

bool Player::report(const Step& step) {
  const int device = static_cast<int>(step.numbers[0] % kDevices);
  const Report now{step.numbers[1] % 5 != 0, static_cast<Firewall>(std::min(step.numbers[2] % 5, 2U))};
  reports_[device] = now;
  system_.report(device, now);
  say("device {}: {}", device,
      !now.has_posture                ? "none"
      : now.firewall == Firewall::On  ? "on"
      : now.firewall == Firewall::Off ? "off"
                                      : "untold");
  return true;
}

bool Player::answer_held(const Step& step, bool is_forged, bool is_nonsense) {
  std::vector<int> all;
  for (const auto& [id, connection] : reference_.connections()) {
    if (connection.state != State::Handshaken && can_act(connection) && system_.held(id)) all.push_back(id);
  }
  if (all.empty()) return false;
  const int id = all[step.numbers[0] % all.size()];
  const int nonce = *system_.held(id);
  const auto forgery = is_nonsense ? Forgery::Malformed
                       : is_forged ? static_cast<Forgery>(1 + step.numbers[1] % 4)
                                   : Forgery::None;
  const auto told = reports_[at(id).device];
  const Code code = system_.answer_held(id, forgery);
  say("connection {}, challenge {}, kind {}", id, nonce, static_cast<int>(forgery));
  deliver(id, [this, id, nonce, forgery, told, code] { answered(id, nonce, forgery, told, code); });
  tally_.forged += forgery == Forgery::None ? 0 : 1;
  return true;
}

bool Player::replay(const Step& step, bool elsewhere) {
  const int from = pick(step.numbers[0], attests);
  const int to = elsewhere ? pick(step.numbers[1], attests) : from;
  if (from < 0 || (elsewhere && to == from)) return false;
  const int nonce = system_.replay(from, to);
  if (nonce < 0) return false;
  say("challenge {} of connection {} on {}", nonce, from, to);
  // Whatever it was when it was new: it is to no open challenge, or it would not be a repetition.
  deliver(to, [this, to, nonce] {
    if (at(to).open && at(to).open->nonce == nonce) fault("an answer that was sent is still awaited");
  });
  ++tally_.forged;
  return true;
}

bool Player::prove(std::uint32_t number, Code code) {
  const int id = pick(number, [this](const auto& each) { return attests(each) && !is_blocked(each); });
  if (id < 0) return false;
  system_.type(id, code);
  say("connection {}", id);
  return true;
}

bool Player::take_secret(int user) {
  reference_.take_secret(user);
  system_.take_secret(user);
  say("{}", kUserNames[static_cast<std::size_t>(user)]);
  return true;
}

bool Player::use_policy(std::size_t policy) {
  reference_.use_policy(static_cast<int>(policy));
  system_.use_policy(policies_[policy]);
  say("number {}", policy);
  return true;
}

bool Player::load_list(seconds due, const std::set<std::string>& more) {
  auto revoked = reference_.revoked_now();
  if (revoked != system_.revoked_on_record()) fault("the records of revoked certificates differ");
  revoked.insert(more.begin(), more.end());
  return load_known_list({list_.number + 1, reference_.trusted(), reference_.trusted() + due, std::move(revoked)},
                         false);
}

bool Player::load_known_list(List list, bool is_forged) {
  const bool expected = reference_.use_list(list.number, list.issued, list.due, list.revoked, is_forged);
  const bool got =
      system_.use_list(list.number, list.issued, list.due, {list.revoked.begin(), list.revoked.end()}, is_forged);
  say("number {}, {} entries, {}", list.number, list.revoked.size(), got ? "taken" : "not taken");
  agree("list taken", expected, got);
  if (got) list_ = std::move(list);
  return true;
}

bool Player::set_state(int device, DeviceState state, bool is_noticed) {
  reference_.set_state(device, static_cast<int>(state));
  system_.set_state(device, state);
  say("device {} ", device);
  if (!is_noticed) return true;
  // As the administrator's tool does: a list with every revocation, or a reload of what there is.
  return state == DeviceState::Revoked ? load_list(kLongDue) : load_known_list(list_, false);
}

bool Player::set_person(int user, bool is_enabled) {
  if (is_enabled != reference_.is_disabled(user)) return false;
  if (is_enabled) {
    reference_.enable_person(user);
    system_.enable_person(user);
  } else {
    reference_.disable_person(user);
    system_.disable_person(user);
  }
  say("{}: ", kUserNames[static_cast<std::size_t>(user)]);
  return load_known_list(list_, false);
}

bool Player::enrol(int device, int user, seconds lifetime) {
  if (reference_.device(device).state == Reference::Device::Disabled || reference_.is_disabled(user)) return false;
  const auto issued = system_.issue(device, user, lifetime);
  if (issued.serial.empty()) return false;
  const auto number = static_cast<int>(reference_.certificates());
  reference_.add_certificate(issued);
  reference_.enrol(device, user, number);
  system_.enrol(issued);
  say("device {} of {}: certificate {}, until {}", device, kUserNames[static_cast<std::size_t>(user)], number,
      format_utc(issued.not_after));
  return true;
}

bool Player::renew(const Step& step, bool changes_over) {
  const int device = static_cast<int>(step.numbers[0] % kDevices);
  const auto& record = reference_.device(device);
  const int presented = step.numbers[1] % 3 == 0 && record.previous >= 0 ? record.previous : record.newest;
  const auto& shown = reference_.certificate(presented);
  const auto next = system_.issue(device, shown.user, seconds{120 + step.numbers[2] % 300'000});
  if (next.serial.empty()) return false;
  const auto number = static_cast<int>(reference_.certificates());
  const auto serial = shown.serial;
  reference_.add_certificate(next);
  const bool expected = reference_.renew(device, presented, number);
  const bool got = system_.renew(serial, next);
  say("device {}, certificate {} by {}: {}; ", device, number, presented, got ? "renewed" : "refused");
  agree("renewal", expected, got);
  if (!got) {
    reference_.drop_last_certificate();
    return true;
  }
  if (changes_over)
    (void)connect(device, number, static_cast<int>(step.numbers[2] % kSources.size()), true, true, true);
  return true;
}

bool Player::roam(const Step& step) {
  const int id = pick(step.numbers[0], [this](const auto& each) { return is_online(each) && !is_blocked(each); });
  if (id < 0) return false;
  const auto old = at(id);
  reference_.connections().at(id).vanished = true;
  system_.vanish(id);
  say("connection {}: ", id);
  return connect(old.device, old.certificate, 1 - old.source, old.attests, true, true);
}

bool Player::cut(int device, bool is_cut) {
  auto& laptop = reference_.device(device);
  if (laptop.partitioned == is_cut) return false;
  laptop.partitioned = is_cut;
  say("device {}", device);
  if (!is_cut) {
    for (auto& [id, connection] : reference_.connections()) {
      const bool arrives = connection.device == device && !connection.vanished && connection.state != State::Handshaken;
      if (arrives) arrive(id);
    }
  }
  system_.partition(device, is_cut);
  return true;
}

bool Player::close(std::uint32_t number) {
  const int id = pick(number, can_act);
  if (id < 0) return false;
  at(id).closed = true;
  deliver(id, [this, id] { reference_.end(id); });
  system_.close(id);
  say("connection {}", id);
  return true;
}

bool Player::kill(std::uint32_t number) {
  const int id = pick(number, [](const auto& each) { return !each.vanished; });
  if (id < 0) return false;
  at(id).vanished = true;
  system_.vanish(id);
  say("connection {}", id);
  return true;
}

bool Player::end_by_admin(std::uint32_t number) {
  const int id = pick(number, is_session);
  if (id < 0) return false;
  reference_.end(id);
  system_.end_by_admin(id);
  say("connection {}", id);
  return true;
}

bool Player::restart() {
  const bool expected = reference_.can_start();
  const bool got = system_.restart();
  agree("start", expected, got);
  if (got) reference_.restart();
  say("{}", got ? "it runs" : "it does not start");
  return true;
}

bool Player::set_clock(std::int64_t by) {
  const auto next = clocks_.wall + seconds{by};
  if (next < *parse_utc("2004-01-01") || next > *parse_utc("2080-01-01")) return false;
  clocks_.wall = next;
  say("by {} s, to {}", by, format_utc(next));
  tick();
  return true;
}

/// The machine stands still, and nobody looks at any deadline: what comes next must find out by itself.
bool Player::sleep(std::uint32_t number) {
  constexpr std::array<std::int64_t, 8> kSpans{20, 45, 100, 300, 900, 3'600, 10'000, 100'000};
  const auto span = kSpans[number % kSpans.size()];
  clocks_.steady += span;
  clocks_.wall += seconds{span};
  reference_.set_clocks(clocks_);
  system_.set_clocks(clocks_);
  say("{} s", span);
  return true;
}

bool Player::send_packet(const Step& step) {
  const int id = pick(step.numbers[0], [](const auto& each) { return can_act(each) && each.state == State::Online; });
  if (id < 0) return false;
  const FlowName flow{static_cast<int>(step.numbers[1] % kPlaces), static_cast<int>(step.numbers[2] % kPorts)};
  const auto& packet = probes(at(id).address).of(flow).request;
  deliver(id, [this, id, flow, &packet] {
    if (reference_.from_client(id, flow)) expected_at_office_.push_back(packet);
  });
  system_.send_packet(id, packet);
  say("connection {}, place {}, port {}", id, flow.place, flow.port);
  return true;
}

bool Player::office_packet(const Step& step, Kind kind) {
  const int chosen = pick(step.numbers[0], [](const auto& each) { return !each.address.empty(); });
  if (chosen < 0) return false;
  const auto address = at(chosen).address;
  const int id = reference_.owner_of(address);
  const FlowName flow{static_cast<int>(step.numbers[1] % kPlaces), static_cast<int>(step.numbers[2] % kPorts)};
  const bool is_tcp = kAllPlaces[static_cast<std::size_t>(flow.place)].protocol == kTcp;
  if (kind == Kind::OpenFromOffice && !is_tcp) return false;
  const auto& of_flow = probes(address).of(flow);
  const auto& packet = kind == Kind::AnswerFromOffice ? of_flow.reply
                       : kind == Kind::OpenFromOffice ? of_flow.opening
                                                      : of_flow.error;
  const bool expected =
      id >= 0 && (kind == Kind::ErrorFromOffice ? reference_.error_from_office(id, flow)
                                                : reference_.from_office(id, flow, kind == Kind::OpenFromOffice));
  const bool got = system_.packet_to(address, packet);
  say("to {}, connection {}, place {}, port {}: {}", address, id, flow.place, flow.port, got ? "passes" : "dropped");
  agree("packet from the office", expected, got);
  system_.at_laptop.clear();
  finish();
  const auto arrived = got && !is_blocked(at(id)) ? std::vector<ByteBuffer>{packet} : std::vector<ByteBuffer>{};
  if (system_.at_laptop != arrived) fault("{} packets arrived at the laptop", system_.at_laptop.size());
  tally_.passed += got ? 1 : 0;
  return true;
}

bool Player::send_fragments(const Step& step) {
  const int id = pick(step.numbers[0], [this](const auto& each) { return is_online(each) && !is_blocked(each); });
  if (id < 0) return false;
  const int port = static_cast<int>(step.numbers[1] % kPorts);
  const bool is_old = step.numbers[2] % 3 == 1 && next_fragment_ > 1;
  const auto parts = fragments_of(at(id).address, port, is_old ? next_fragment_ - 1 : next_fragment_++);
  say("connection {}, port {}, kind {}", id, port, step.numbers[2] % 3);
  if (step.numbers[2] % 3 == 0) {
    // Both, in order: they go the way of the flow.
    if (reference_.from_client(id, {kDns, port})) expected_at_office_ = {parts[0], parts[1]};
    system_.send_packet(id, parts[0]);
    system_.send_packet(id, parts[1]);
    return true;
  }
  // The second alone: with an unknown first one never, with a known one never beyond what policy says now.
  const bool may_pass = is_old && reference_.may_reach(at(id), kDns);
  system_.send_packet(id, parts[1]);
  finish();
  if (!system_.at_office.empty() && !may_pass) fault("a fragment passed without its first one");
  system_.at_office.clear();
  return true;
}

bool Player::send_capsule(std::uint32_t number, bool is_malformed) {
  const int id = pick(number, is_online);
  if (id < 0) return false;
  constexpr std::array<std::byte, 5> kUnknown{std::byte{0x17}, std::byte{3}, std::byte{1}, std::byte{2}, std::byte{3}};
  constexpr std::array<std::byte, 3> kMalformed{std::byte{0x02}, std::byte{1}, std::byte{1}};
  system_.send_bytes(id, is_malformed ? Bytes{kMalformed} : Bytes{kUnknown});
  if (is_malformed) deliver(id, [this, id] { reference_.end(id); });
  say("connection {}", id);
  return true;
}

// --- comparison ---

void Player::check() {
  check_arrivals();
  check_states();
  for (const auto& [id, connection] : reference_.connections()) {
    if (fault_ || connection.state == State::Handshaken) continue;
    if (!connection.address.empty()) probe(id, connection);
  }
}

void Player::check_arrivals() {
  tally_.passed += expected_at_office_.size();
  if (system_.at_office != expected_at_office_) {
    fault("at the office: the reference says {} packets, the gateway {}", expected_at_office_.size(),
          system_.at_office.size());
  }
  agree("codes judged", fmt::format("{}", fmt::join(expected_judged_, ", ")),
        fmt::format("{}", fmt::join(judged_, ", ")));
  system_.at_office.clear();
  system_.at_laptop.clear();
  expected_at_office_.clear();
  judged_.clear();
  expected_judged_.clear();
}

void Player::check_states() {
  std::vector<int> known;
  for (const auto& [id, connection] : reference_.connections()) {
    known.push_back(id);
    const auto got = system_.state_of(id);
    const int state = got ? static_cast<int>(*got) : -1;
    if (state != static_cast<int>(connection.state)) {
      fault("connection {}: the reference says state {}, the gateway {}", id, static_cast<int>(connection.state),
            state);
    }
    if (connection.address.empty()) continue;
    agree("owner of an address", reference_.owner_of(connection.address), system_.owner_of(connection.address));
  }
  if (known != system_.connections())
    fault("the gateway has {} connections, not {}", system_.connections().size(), known.size());
}

/// Everything that could be sent now, on a copy, so that nothing comes of it.
void Player::probe(int id, const Connection& connection) {
  Session session = *system_.session_of(id);
  const auto now = clocks_.now();
  const auto& all = probes(connection.address);
  ByteBuffer ignored;
  std::array<bool, kPlaces> passed{};
  // What comes late on a session that has ended is its successor's business.
  const bool is_read = !session.has_ended();
  if (is_read) session.receive(all.fresh_capsules);
  while (const auto packet = session.next_packet(now, ignored)) {
    for (std::size_t place = 0; place < kPlaces; ++place) {
      if (std::ranges::equal(packet->bytes, all.fresh[place])) passed[place] = true;
    }
  }
  for (int place = 0; place < kPlaces; ++place) {
    const bool expected = reference_.may_reach(connection, place);
    ++tally_.probes;
    tally_.passed += expected ? 1 : 0;
    if (expected == passed[static_cast<std::size_t>(place)]) continue;
    fault("connection {} to place {}: the reference says {}, the gateway {}", id, place, expected, !expected);
  }
  for (const auto& each : all.never_out) {
    ByteBuffer capsule;
    append_datagram(capsule, each);
    if (is_read) session.receive(capsule);
    while (session.next_packet(now, ignored)) fault("connection {}: a foreign source passed", id);
  }
  probe_office(id, connection, session);
}

void Player::probe_office(int id, const Connection& connection, Session& session) {
  const auto now = clocks_.now();
  const auto passes = [&](const ByteBuffer& packet) {
    ByteBuffer out;
    const auto before = session.traffic().packets_out;
    session.send_packet(packet, now, out);
    ++tally_.probes;
    return session.traffic().packets_out != before;
  };
  const auto& all = probes(connection.address);
  for (int place = 0; place < kPlaces; ++place) {
    for (int port = 0; port < kPorts; ++port) {
      const FlowName flow{place, port};
      const bool expected = reference_.may_answer(connection, flow);
      const bool error = passes(all.of(flow).error);
      const bool reply = passes(all.of(flow).reply);
      tally_.passed += expected ? 2 : 0;
      if (error == expected && reply == expected) continue;
      fault("to connection {} from place {}, port {}: the reference says {}, the gateway {} (an error: {})", id, place,
            port, expected, reply, error);
    }
  }
  for (const auto& each : all.never_in) {
    if (passes(each)) fault("to connection {}: something that nobody asked for passed", id);
  }
}

}  // namespace

std::optional<Failure> play(const Circumstances& circumstances, const std::vector<Step>& steps, Tally& tally) {
  Player player{circumstances, tally};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (const auto fault = player.play(steps[i])) return Failure{i, *fault, player.story()};
  }
  return std::nullopt;
}

std::vector<Step> shrink(const Circumstances& circumstances, std::vector<Step> failing) {
  std::size_t replays = 0;
  const auto still_fails = [&](const std::vector<Step>& steps) {
    Tally ignored;
    return ++replays <= kMostReplays && play(circumstances, steps, ignored).has_value();
  };
  for (std::size_t size = std::max<std::size_t>(failing.size() / 2, 1);; size /= 2) {
    for (std::size_t at = 0; at < failing.size();) {
      auto fewer = failing;
      const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(from, from + static_cast<std::ptrdiff_t>(std::min(size, fewer.size() - at)));
      if (!fewer.empty() && still_fails(fewer))
        failing = std::move(fewer);
      else
        at += size;
    }
    if (size == 1) return failing;
  }
}

}  // namespace sallyport::model
