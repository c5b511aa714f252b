#include "tests/unit/model/reference.hpp"

#include <algorithm>
#include <set>

namespace sallyport::model {
namespace {

constexpr std::int64_t kUpgradeTime = 10;
constexpr std::int64_t kAnswerTime = 30;
constexpr std::int64_t kUdpSilence = 120;
constexpr std::int64_t kEchoSilence = 60;
constexpr std::int64_t kOpeningSilence = 240;
constexpr std::int64_t kTcpSilence = 7'440;
constexpr std::chrono::minutes kSkew{5};
constexpr std::chrono::hours kOnListAfterEnd{24};

/// Monday to Friday, 9 to 17, UTC.
bool is_working(WallTime time) {
  constexpr std::int64_t kDay = 86'400;
  const auto seconds = time.time_since_epoch().count();
  const auto of_day = ((seconds % kDay) + kDay) % kDay;
  const auto days = (seconds - of_day) / kDay;
  const auto weekday = (((days + 3) % 7) + 7) % 7;  // 1970 began on a Thursday; 0 is Monday
  return weekday < 5 && of_day >= 9 * 3'600 && of_day < 17 * 3'600;
}

std::int64_t silence_of(const Place& place, bool answered) {
  if (place.protocol == kUdp) return kUdpSilence;
  if (place.protocol == kIcmp) return kEchoSilence;
  return answered ? kTcpSilence : kOpeningSilence;
}

}  // namespace

// --- records ---

bool Reference::accepts(int device, int certificate) const {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return false;
  return certificate == found->second.newest || certificate == found->second.previous;
}

void Reference::enrol(int number, int user, int certificate) {
  auto& device = devices_[number];
  for (int i = 0; i < static_cast<int>(certificates_.size()); ++i) {
    if (certificates_[static_cast<std::size_t>(i)].device == number && i != certificate) revoked_.insert(i);
  }
  device.user = user;
  device.state = Device::Active;
  device.newest = certificate;
  device.previous = -1;
  device.proved.reset();
  end_stale(number);
}

void Reference::end_stale(int number) {
  for (auto& [id, connection] : connections_) {
    const bool is_stale = connection.device == number && !accepts(number, connection.certificate);
    if (is_stale && connection.state != State::Handshaken && !connection.is_refused) end(id);
  }
}

bool Reference::renew(int number, int presented, int next) {
  auto& device = devices_[number];
  if (device.state != Device::Active || is_disabled(device.user)) return false;
  if (!accepts(number, presented) || revoked_.contains(presented)) return false;
  if (certificate(presented).user != device.user) return false;
  const int third = presented == device.newest ? device.previous : device.newest;
  if (third >= 0) revoked_.insert(third);
  device.newest = next;
  device.previous = presented;
  end_stale(number);
  return true;
}

void Reference::set_state(int number, int state) {
  auto& device = devices_[number];
  if (static_cast<int>(device.state) == state || device.state == Device::Revoked) return;
  device.state = static_cast<decltype(device.state)>(state);
  device.proved.reset();
  if (device.state != Device::Revoked) return;
  device.previous = -1;
  for (int i = 0; i < static_cast<int>(certificates_.size()); ++i) {
    if (certificate(i).device == number) revoked_.insert(i);
  }
}

void Reference::disable_person(int user) {
  disabled_.insert(user);
  for (auto& [id, device] : devices_) {
    if (device.user == user) device.proved.reset();
  }
}

void Reference::forget_proofs(int user) {
  for (auto& [id, device] : devices_) {
    if (device.user != user) continue;
    device.failures = 0;
    device.proved.reset();
  }
  for (auto& [id, connection] : connections_) {
    if (connection.user == user) connection.user_proved.reset();
  }
}

// --- trust ---

std::optional<std::string> Reference::problem_of_trust(WallTime now) const {
  if (now < ca_from_ || now > ca_until_) return "authority";
  if (list_.issued > now + kSkew) return "list of the future";
  if (now > list_.due) return "list is over";
  return std::nullopt;
}

bool Reference::can_start() const {
  return clocks_.wall >= ca_from_ && clocks_.wall <= ca_until_ && list_.issued <= clocks_.wall + kSkew;
}

bool Reference::may_shake_hands(int number) const {
  const auto& shown = certificate(number);
  const WallTime now = trusted();
  if (shown.is_foreign || problem_of_trust(now) || list_.revoked.contains(shown.serial)) return false;
  return now >= shown.not_before && now <= shown.not_after;
}

std::set<std::string> Reference::revoked_now() const {
  std::set<std::string> serials;
  for (const int each : revoked_) {
    if (trusted() - certificate(each).not_after <= kOnListAfterEnd) serials.insert(certificate(each).serial);
  }
  return serials;
}

bool Reference::use_list(std::uint64_t number, WallTime issued, WallTime due, std::set<std::string> revoked,
                         bool is_forged) {
  const WallTime now = trusted();
  if (is_forged || now < ca_from_ || now > ca_until_ || issued > now + kSkew) return false;
  if (number < list_.number || (number == list_.number && issued < list_.issued)) return false;
  list_ = {number, issued, due, std::move(revoked)};
  sweep();
  return true;
}

void Reference::sweep() {
  for (auto& [id, connection] : connections_) {
    if (connection.state == State::Handshaken || connection.is_refused) continue;
    const auto& device = devices_[connection.device];
    const bool is_good = device.state == Device::Active && !is_disabled(device.user) &&
                         accepts(connection.device, connection.certificate) &&
                         !list_.revoked.contains(certificate(connection.certificate).serial);
    if (!is_good) end(id);
    if (connection.state != State::Ended)
      connection.revocation_as_of = std::max(connection.revocation_as_of, list_.issued);
  }
}

// --- sessions ---

bool Reference::is_live(const Connection& connection) {
  const auto state = connection.state;
  return !connection.is_refused && (state == State::Awaiting || state == State::Verifying || state == State::Online);
}

std::size_t Reference::live_devices() const {
  std::set<int> devices;
  for (const auto& [id, connection] : connections_) {
    if (is_live(connection)) devices.insert(connection.device);
  }
  return devices.size();
}

bool Reference::has_another(int id) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& each) {
    return each.first != id && each.second.device == connections_.at(id).device && is_live(each.second);
  });
}

void Reference::shake_hands(int id, int shown, int source, bool attests, bool asks) {
  connections_[id] = Connection{.device = certificate(shown).device,
                                .user = certificate(shown).user,
                                .certificate = shown,
                                .source = source,
                                .attests = attests,
                                .asks = asks};
}

std::string Reference::admit(int id) {
  auto& connection = connections_.at(id);
  const auto& device = devices_[connection.device];
  connection.state = State::Awaiting;
  connection.began = clocks_.steady;
  connection.lead = std::max(lead_, clocks_.lead());
  const auto refusal = [&]() -> std::string {
    if (!has_another(id) && live_devices() > kSessions) return "too_many_sessions";
    if (list_.revoked.contains(certificate(connection.certificate).serial)) return "device_revoked";
    if (trusted() >= std::min(certificate(connection.certificate).not_after, ca_until_)) return "certificate_expired";
    if (device.state == Device::Revoked) return "device_revoked";
    if (device.state == Device::Disabled) return "device_disabled";
    if (is_disabled(device.user)) return "user_disabled";
    if (device.user != connection.user) return "wrong_user";
    if (!accepts(connection.device, connection.certificate)) return "stale_certificate";
    return {};
  }();
  connection.is_refused = !refusal.empty();
  if (connection.is_refused) return refusal;
  const bool is_full = !device.address && std::count_if(devices_.begin(), devices_.end(), [](const auto& each) {
                                            return each.second.address && each.second.state != Device::Revoked;
                                          }) >= kAddresses;
  connection.is_refused = is_full;
  return is_full ? "pool_exhausted" : "";
}

std::optional<std::string> Reference::fault_of_address(int number, const std::string& address) const {
  const auto& own = devices_.at(number).address;
  if (own && *own != address) return "another address than the device had";
  for (const auto& [id, device] : devices_) {
    const bool is_taken = id != number && device.address == address;
    if (is_taken && device.state != Device::Revoked) return "the address of another device";
  }
  return std::nullopt;
}

void Reference::give_address(int id, const std::string& address) {
  auto& connection = connections_.at(id);
  auto& device = devices_[connection.device];
  for (auto& [number, other] : devices_) {
    if (other.address == address) other.address.reset();
  }
  device.address = address;
  connection.address = address;
  connection.key_proved = clocks_.steady;
  connection.revocation_as_of = list_.issued;
  if (device.proved) connection.user_proved = clocks_.steady - (trusted() - *device.proved).count();
  connection.place = ++admissions_;
  const int owner = owner_of(address);
  connection.is_held = owner >= 0 && connections_.at(owner).device == connection.device;
  if (connection.is_held) {
    const auto heir = heirs_.find(connection.device);
    if (heir != heirs_.end()) end(heir->second);
    heirs_[connection.device] = id;
    return;
  }
  // What another device had before.
  if (owner >= 0) end(owner);
  owners_[address] = id;
}

void Reference::request(int id) {
  auto& connection = connections_.at(id);
  if (connection.state != State::Awaiting) return;
  if (connection.is_refused) return end(id);
  if (!connection.is_held) return go_online(id);
  connection.state = State::Verifying;
  if (!connection.attests) take_over(id);
}

/// The newest that was verified wins. Of the same device and person: its flows.
void Reference::take_over(int id) {
  auto& connection = connections_.at(id);
  const int older = owner_of(connection.address);
  if (older >= 0) {
    auto& before = connections_.at(older);
    if (before.device == connection.device && before.place > connection.place) return end(id);
    if (before.device == connection.device && before.user == connection.user) connection.flows.swap(before.flows);
    end(older);
  }
  heirs_.erase(connection.device);
  owners_[connection.address] = id;
  go_online(id);
}

void Reference::go_online(int id) {
  auto& connection = connections_.at(id);
  connection.state = State::Online;
  auto& device = devices_[connection.device];
  if (connection.certificate != device.newest || device.previous < 0) return;
  revoked_.insert(device.previous);
  device.previous = -1;
}

void Reference::end(int id) {
  auto& connection = connections_.at(id);
  if (connection.state == State::Ended) return;
  connection.state = State::Ended;
  std::erase_if(owners_, [id](const auto& owner) { return owner.second == id; });
  std::erase_if(heirs_, [id](const auto& heir) { return heir.second == id; });
}

void Reference::erase(int id) {
  end(id);
  connections_.erase(id);
}

void Reference::restart() {
  connections_.clear();
  heirs_.clear();
  owners_.clear();
  lead_ = std::max(kept_.time_since_epoch().count() - clocks_.steady, clocks_.lead());
  kept_ = std::max(kept_, trusted());
}

void Reference::tick() {
  lead_ = std::max(lead_, clocks_.lead());
  kept_ = std::max(kept_, trusted());
  const bool is_stale = problem_of_trust(trusted()).has_value();
  for (auto& [id, connection] : connections_) {
    if (connection.state == State::Handshaken) continue;
    connection.lead = std::max(connection.lead, clocks_.lead());
    const bool is_waited_for = connection.state == State::Awaiting || connection.state == State::Verifying;
    if (is_waited_for && clocks_.steady >= connection.began + kUpgradeTime) end(id);
    const auto of_session = WallTime{std::chrono::seconds{clocks_.steady + connection.lead}};
    if ((is_stale && !connection.is_refused) || of_session >= certificate(connection.certificate).not_after) end(id);
  }
}

// --- evidence ---

void Reference::challenged(int id, int nonce) {
  auto& connection = connections_.at(id);
  connection.open = Challenge{nonce, clocks_.steady};
  connection.last_asked = clocks_.steady;
}

std::optional<std::string> Reference::answered(int id, int nonce, Forgery forgery, const Report& report, Code code) {
  auto& connection = connections_.at(id);
  const bool has_tunnel = connection.state == State::Online || connection.state == State::Verifying;
  if (!has_tunnel || !connection.attests) return std::nullopt;
  if (!connection.open || connection.open->nonce != nonce) return std::nullopt;
  const auto asked = connection.open->asked;
  connection.open.reset();
  if (clocks_.steady - asked >= kAnswerTime) return std::nullopt;
  if (forgery == Forgery::CannotSign) {
    connection.key_proved.reset();
    return std::nullopt;
  }
  if (forgery != Forgery::None) {
    end(id);
    return std::nullopt;
  }
  connection.key_proved = asked;
  connection.posture.reset();
  if (report.has_posture) connection.posture = Posture{report, asked};
  std::optional<std::string> verdict;
  if (code != Code::None && asks_for_proof(connection)) verdict = judge_code(connection, asked, code);
  if (connection.state == State::Verifying) take_over(id);
  return verdict;
}

bool Reference::asks_for_proof(const Connection& connection) const {
  const auto& rules = policies_[static_cast<std::size_t>(policy_)].rules;
  return std::any_of(rules.begin(), rules.end(), [&](const RulePlan& rule) {
    if (!rule.allows || !rule.proof_age) return false;
    for (int place = 0; place < kPlaces; ++place) {
      if (rule.speaks_of(connection.user, connection.device, connection.source, place)) return true;
    }
    return false;
  });
}

std::string Reference::judge_code(Connection& connection, std::int64_t asked, Code code) {
  auto& device = devices_[connection.device];
  const bool is_theirs = device.state == Device::Active && !is_disabled(device.user) &&
                         device.user == connection.user && accepts(connection.device, connection.certificate);
  if (!is_theirs) return "unavailable";
  const WallTime now = trusted();
  const auto last = std::min(device.last_failed, now);
  if (device.failures >= 5) {
    std::int64_t wait = 30;
    for (int i = 5; i < device.failures && wait < 3'600; ++i) wait *= 2;
    device.last_failed = last;
    if (now - last < std::chrono::seconds{std::min<std::int64_t>(wait, 3'600)}) return "wait";
  }
  if (!has_secret(connection.user)) return "not_enrolled";
  const std::int64_t step = now.time_since_epoch().count() / 30;
  const bool is_right = code == Code::Right && step > used_step(connection.user);
  if (!is_right) {
    ++device.failures;
    device.last_failed = now;
    return "wrong_code";
  }
  device.failures = 0;
  used_step_[connection.user] = step;
  device.proved = now - std::chrono::seconds{clocks_.steady - asked};
  for (auto& [id, other] : connections_) {
    const bool shares = &other == &connection || (other.device == connection.device && other.user == connection.user &&
                                                  is_live(other) && accepts(other.device, other.certificate));
    if (shares) other.user_proved = asked;
  }
  return "accepted";
}

// --- judging ---

Reference::Answer Reference::age_of(std::optional<std::int64_t> age, std::int64_t limit) {
  return age && *age >= 0 && *age < limit ? Answer::Yes : Answer::Unknown;
}

Reference::Answer Reference::condition_of(const RulePlan& rule, const Connection& connection) const {
  std::vector<Answer> answers;
  const auto since = [&](std::int64_t then) { return std::optional{clocks_.steady - then}; };
  if (rule.key_age) {
    answers.push_back(age_of(connection.key_proved ? since(*connection.key_proved) : std::nullopt, *rule.key_age));
  }
  if (rule.proof_age) {
    answers.push_back(age_of(connection.user_proved ? since(*connection.user_proved) : std::nullopt, *rule.proof_age));
  }
  if (rule.revocation_age) {
    const auto seen = std::max(connection.lead, clocks_.lead());
    answers.push_back(
        age_of(clocks_.steady + seen - connection.revocation_as_of.time_since_epoch().count(), *rule.revocation_age));
  }
  if (rule.hours != 0) answers.push_back(is_working(clocks_.wall) == (rule.hours == 1) ? Answer::Yes : Answer::No);
  if (rule.posture) {
    const auto& known = connection.posture;
    const auto fresh = known ? age_of(since(known->at), kReportedWithin) : Answer::Unknown;
    const auto firewall = known ? known->report.firewall : Firewall::Untold;
    if (fresh != Answer::Yes || firewall == Firewall::Untold)
      answers.push_back(Answer::Unknown);
    else
      answers.push_back(firewall == Firewall::On ? Answer::Yes : Answer::No);
  }
  if (std::find(answers.begin(), answers.end(), Answer::No) != answers.end()) return Answer::No;
  return std::find(answers.begin(), answers.end(), Answer::Unknown) != answers.end() ? Answer::Unknown : Answer::Yes;
}

bool Reference::may_reach(const Connection& connection, int place) const {
  if (connection.state != State::Online) return false;
  const auto of_session = clocks_.steady + std::max(connection.lead, clocks_.lead());
  const auto end = certificate(connection.certificate).not_after.time_since_epoch().count();
  if (of_session >= end) return false;
  bool is_allowed = false;
  for (const auto& rule : policies_[static_cast<std::size_t>(policy_)].rules) {
    if (rule.in_shadow || (rule.until && clocks_.wall >= *rule.until)) continue;
    if (!rule.speaks_of(connection.user, connection.device, connection.source, place)) continue;
    const auto answer = condition_of(rule, connection);
    if (!rule.allows && answer != Answer::No) return false;
    is_allowed = is_allowed || (rule.allows && answer == Answer::Yes);
  }
  return is_allowed;
}

bool Reference::is_live(const Connection& connection, FlowName name) const {
  const auto flow = connection.flows.find(name);
  if (flow == connection.flows.end()) return false;
  const auto& place = kAllPlaces[static_cast<std::size_t>(name.place)];
  return clocks_.steady - flow->second.last_seen < silence_of(place, flow->second.answered);
}

bool Reference::from_client(int id, FlowName name) {
  auto& connection = connections_.at(id);
  if (connection.state != State::Online) return false;
  if (!may_reach(connection, name.place)) {
    connection.flows.erase(name);
    return false;
  }
  if (!is_live(connection, name)) connection.flows[name] = Flow{};
  connection.flows[name].last_seen = clocks_.steady;
  return true;
}

bool Reference::from_office(int id, FlowName name, bool opens) {
  auto& connection = connections_.at(id);
  if (connection.state != State::Online || !is_live(connection, name)) return false;
  auto& flow = connection.flows[name];
  if (opens && flow.answered) return false;
  if (!may_reach(connection, name.place)) {
    connection.flows.erase(name);
    return false;
  }
  flow.last_seen = clocks_.steady;
  flow.answered = kAllPlaces[static_cast<std::size_t>(name.place)].protocol == kTcp;
  return true;
}

bool Reference::error_from_office(int id, FlowName name) {
  auto& connection = connections_.at(id);
  if (connection.state != State::Online || !is_live(connection, name)) return false;
  if (may_reach(connection, name.place)) return true;
  connection.flows.erase(name);
  return false;
}

}  // namespace sallyport::model
