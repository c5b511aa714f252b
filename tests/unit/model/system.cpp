#include "tests/unit/model/system.hpp"

#include "client/daemon/attester.hpp"
#include "common/wire/datagram.hpp"
#include "server/proof/totp.hpp"
#include "tests/unit/model/must.hpp"
#include "tests/unit/model/nothing_written.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace sallyport::model {
namespace {

constexpr const char* kDomain = "example.com";
constexpr std::uint64_t kSessionNumbers = 65'536;
constexpr std::chrono::days kListLifetime{3'000};

std::string name_of_device(int device) { return "d" + std::to_string(device); }

CertificatePlan plan_of(const CertificateInfo& info, int device, int user, bool is_foreign) {
  return {device, user, info.serial_hex, info.not_before, info.not_after, is_foreign};
}

ByteBuffer secret_of(const UserId& user, int number) {
  ByteBuffer secret(kTotpSecretSize);
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::byte>(user.text()[i % 3] + number);
  return secret;
}

const char* text_of(Firewall firewall) {
  switch (firewall) {
    case Firewall::On:
      return R"("firewall":true)";
    case Firewall::Off:
      return R"("firewall":false)";
    case Firewall::Untold:
      break;
  }
  return "";
}

}  // namespace

Pki::Pki() : ours{kStart}, foreign{kStart} {
  for (int i = 0; i <= kDevices; ++i) keys.push_back(must(PrivateKey::generate(KeyKind::P256)));
}

System::System(const Pki& pki, Hooks hooks) : pki_{pki}, hooks_{std::move(hooks)}, now_{Clocks{}.now()} {
  config_.pool.v4 = IpPrefix::parse(kPool);
  config_.limits.sessions = kSessions;
  list_ = must(pki_.ours.authority().issue_crl({}, 1, kStart, kStart + kListLifetime));
  if (!load_trust(list_, kStart) || !restart()) std::abort();
}

// --- records ---

CertificatePlan System::issue(int device, int user, std::chrono::seconds lifetime) {
  const DeviceProfile profile{DeviceId{name_of_device(device)}, UserId{kUserNames[static_cast<std::size_t>(user)]},
                              kDomain, lifetime};
  const auto& key = pki_.keys[static_cast<std::size_t>(device)].public_key();
  const auto issued = pki_.ours.authority().issue_device(key, profile, trusted());
  // An authority that has run out issues nothing.
  if (!issued) return {device, user, {}, {}, {}, false};
  certificates_.insert_or_assign(issued->info.serial_hex, issued->info);
  return plan_of(issued->info, device, user, false);
}

CertificatePlan System::issue_foreign(int device, int user) {
  const DeviceProfile profile{DeviceId{name_of_device(device)}, UserId{kUserNames[static_cast<std::size_t>(user)]},
                              kDomain, std::chrono::days{90}};
  const auto issued = must(
      pki_.foreign.authority().issue_device(pki_.keys[static_cast<std::size_t>(device)].public_key(), profile, kStart));
  certificates_.insert_or_assign(issued.info.serial_hex, issued.info);
  return plan_of(issued.info, device, user, true);
}

void System::enrol(const CertificatePlan& plan) {
  const DeviceId device{name_of_device(plan.device)};
  must(store_->enroll({device, UserId{kUserNames[static_cast<std::size_t>(plan.user)]}, plan.serial, plan.not_after},
                      Replace::Yes, trusted()));
  for (const auto id : sessions_by_stale_certificates(*registry_, *store_, device)) end(id, EndReason::DeviceRevoked);
}

bool System::renew(const std::string& presented, const CertificatePlan& next) {
  const DeviceId device{name_of_device(next.device)};
  const auto done = store_->renew(
      {device, UserId{kUserNames[static_cast<std::size_t>(next.user)]}, presented, next.serial, next.not_after},
      trusted());
  if (!done) return false;
  for (const auto id : sessions_by_stale_certificates(*registry_, *store_, device)) end(id, EndReason::DeviceRevoked);
  return true;
}

void System::set_state(int device, DeviceState state) {
  (void)store_->set_state(DeviceId{name_of_device(device)}, state, trusted());
}

std::set<std::string> System::revoked_on_record() {
  std::set<std::string> serials;
  for (const auto& each : must(store_->revoked_serials(trusted()))) serials.insert(each.serial);
  return serials;
}

void System::disable_person(int user) {
  (void)must(store_->disable_user(UserId{kUserNames[static_cast<std::size_t>(user)]}, {}, trusted()));
}

void System::enable_person(int user) {
  (void)must(store_->enable_user(UserId{kUserNames[static_cast<std::size_t>(user)]}));
}

void System::take_secret(int user) {
  const UserId id{kUserNames[static_cast<std::size_t>(user)]};
  must(store_->enroll_totp({id, secret_of(id, ++secrets_[id]), {}}, Replace::Yes, trusted()));
  for (const auto session : registry_->where([&](const auto& entry) { return entry.grant.user == id; })) {
    if (Link* link = find(session)) link->session->note_proof(std::nullopt, now_, link->to_client);
  }
}

// --- connections ---

bool System::shake_hands(int connection, const CertificatePlan& plan, int source, bool attests, bool asks) {
  const auto peer = verify_device(certificates_.at(plan.serial), *trust_, kDomain, trusted());
  if (!peer) return false;
  const auto extensions = attests ? Extensions::all() : Extensions{};
  auto link = std::make_unique<Link>(
      Link{.number = connection,
           .device = plan.device,
           .peer = *peer,
           .source = IpAddress::parse(kSources[static_cast<std::size_t>(source)]).value(),
           .client = ClientSession{{.authority = "vpn.example.com", .extensions = extensions}, now_},
           .asks = asks});
  store_be32(link->channel, static_cast<std::uint32_t>(connection) + 1);
  if (asks) link->client.start(link->to_gateway);
  links_.emplace(connection, std::move(link));
  return true;
}

std::string System::admit(int connection) {
  Link& link = *links_.at(connection);
  SessionGrant grant{
      .id = registry_->next_id(),
      .device = link.peer.device,
      .user = link.peer.user,
      .serial = link.peer.serial_hex,
      .authority = link.peer.authority,
      .issuer = link.peer.issuer,
      .certificate_expires = link.peer.not_after,
      .clock_behind = floor_.behind(now_),
      .key_proved = now_.wall,
      .revocation_as_of = trust_->revocation_as_of(link.peer.issuer),
      .source = link.source,
      .addresses = {},
      .binding = std::make_shared<const ChannelBinding>(ChannelBinding{link.peer.certificate.key, link.channel})};
  const OpeningBooks books{*store_, *registry_, *trust_, config_};
  const auto opened = open_session(grant, link.peer, books, no_records(), floor_.at(now_));
  if (!opened) {
    link.session = std::make_unique<Session>(std::move(grant), problem_for(opened.error()), now_);
    return std::string{name_of(opened.error())};
  }
  registry_->add({.grant = *opened,
                  .evidence = evidence_of(*opened),
                  .trust_generation = 1,
                  .since = now_.steady,
                  .since_wall = now_.wall});
  link.session = std::make_unique<Session>(*opened, policy_, now_);
  place(link);
  const auto begun = book_of(link).begin(link);
  if (begun.is_held) link.session->hold();
  for (Link* each : begun.displaced) end(each->grant().id, EndReason::Superseded);
  return {};
}

std::string System::address_of(int connection) const {
  const auto& address = links_.at(connection)->session->grant().addresses.v4;
  return address ? address->to_string() : std::string{};
}

void System::close(int connection) {
  Link& link = *links_.at(connection);
  link.client.close();
  link.closing = true;
}

void System::end_by_admin(int connection) {
  Link& link = *links_.at(connection);
  link.session->end(EndReason::EndedByAdmin, link.to_client);
}

bool System::restart() {
  // As load_startup() does, before the store is open.
  if (!load_trust(list_, now_.wall)) return false;
  links_.clear();
  workers_ = std::make_unique<Workers>();
  registry_ = std::make_unique<SessionRegistry>();
  store_.reset();
  store_.emplace(must(Store::open_or_create(directory_.file("gateway.db"))));
  registry_->give_numbers(must(store_->reserve_sessions(1, kSessionNumbers)), kSessionNumbers);
  floor_.accept({now_.steady, WallTime{}});
  if (const auto seen = must(store_->latest_time())) floor_.raise(*seen, now_);
  must(store_->keep_latest_time(trusted()));
  return true;
}

void System::end(SessionId session, EndReason reason) {
  Link* link = find(session);
  if (link == nullptr) return;
  link->session->end(reason, link->to_client);
  settle(*link);
}

/// As WorkerPool::adopt() does.
void System::place(Link& link) {
  const SessionGrant& grant = link.grant();
  link.worker = workers_->places.add(grant.id, grant.device);
  for (const auto& address : {grant.addresses.v4, grant.addresses.v6}) {
    if (address) workers_->directory.note(*address, link.worker);
  }
}

void System::remove(SessionId session) {
  registry_->remove(session);
  workers_->places.remove(session);
}

System::Link* System::find(SessionId session) {
  for (auto& [number, link] : links_) {
    if (link->session && link->session->grant().id == session && registry_->find(session) != nullptr) return link.get();
  }
  return nullptr;
}

/// `at_once`: also those whose last octets wait for a network.
void System::bury(bool at_once) {
  std::erase_if(links_, [&](const auto& each) {
    Link& link = *each.second;
    if (!link.session || !link.session->has_ended()) return false;
    finish(link);
    if (!at_once && is_blocked(link)) return false;
    book_of(link).forget(link);
    return true;
  });
}

void System::finish(Link& link) {
  while (auto event = link.session->poll_event()) {
    if (std::holds_alternative<Session::Ended>(*event)) remove(link.session->grant().id);
  }
}

// --- what the laptop does ---

std::optional<int> System::held(int connection) const {
  const auto& held = links_.at(connection)->held;
  return held ? std::optional{number_of(held->nonce)} : std::nullopt;
}

std::string System::body_of(const Link& link) const {
  const auto laptop = devices_.find(link.device);
  const Report report = laptop == devices_.end() ? Report{} : laptop->second.report;
  if (!report.has_posture) return R"({"v":1})";
  return std::string{R"({"v":1,"posture":{"os":"debian","os_version":"12","kernel":"6.1","facts":{)"} +
         text_of(report.firewall) + "}}}";
}

std::string System::code_of(const UserId& user, Code code) {
  const auto step = static_cast<std::uint64_t>(totp_step(trusted()));
  const auto right = must(hotp(secret_of(user, secrets_[user]), step));
  if (code == Code::Right) return right;
  if (code == Code::Old)
    return old_codes_.contains(user) ? old_codes_[user] : must(hotp(secret_of(user, secrets_[user]), step - 5));
  auto wrong = right;
  wrong[0] = wrong[0] == '9' ? '0' : static_cast<char>(wrong[0] + 1);
  return wrong;
}

Code System::answer(Link& link, const AttestChallenge& challenge, Forgery forgery) {
  if (forgery == Forgery::CannotSign) {
    link.client.attest({.nonce = challenge.nonce, .body = {}, .signature = {}, .cannot_sign = true}, link.to_gateway);
    return Code::None;
  }
  auto channel = link.channel;
  auto shown = challenge;
  std::string body = body_of(link);
  const Code code = forgery == Forgery::None && !is_blocked(link) ? std::exchange(link.typed, Code::None) : Code::None;
  if (code != Code::None) body = with_proof(body, {"totp", code_of(link.peer.user, code)});
  if (forgery == Forgery::Channel) channel[31] ^= std::byte{1};
  if (forgery == Forgery::Session) ++shown.session;
  if (forgery == Forgery::Malformed) body = R"({"v":2})";
  const auto& key = pki_.keys[static_cast<std::size_t>(forgery == Forgery::Key ? kDevices : link.device)];
  auto answer = attest(key, channel, shown, body);
  if (!answer) std::abort();
  if (forgery == Forgery::Body) answer->body += ' ';
  link.last_answer = *answer;
  link.client.attest(*answer, link.to_gateway);
  return code;
}

Code System::answer_held(int connection, Forgery forgery) {
  Link& link = *links_.at(connection);
  const auto challenge = *std::exchange(link.held, std::nullopt);
  return answer(link, challenge, forgery);
}

int System::replay(int connection, int to) {
  const auto& answer = links_.at(connection)->last_answer;
  if (!answer) return -1;
  Link& link = *links_.at(to);
  link.client.attest(*answer, link.to_gateway);
  return number_of(answer->nonce);
}

void System::type(int connection, Code code) {
  Link& link = *links_.at(connection);
  link.typed = code;
  (void)link.client.ask_for_challenge(link.to_gateway);
}

void System::send_bytes(int connection, Bytes bytes) { append(links_.at(connection)->to_gateway, bytes); }

void System::send_packet(int connection, Bytes packet) {
  Link& link = *links_.at(connection);
  (void)link.client.send_packet(packet, link.to_gateway);
}

// --- what the administrator does ---

void System::use_policy(const PolicyPlan& policy) {
  policy_ = policy.real;
  for (auto& [number, link] : links_) {
    if (link->session) link->session->replace_policy(policy_);
  }
}

bool System::load_trust(const std::string& list, WallTime now) {
  auto bundle = TrustBundle::load({pki_.ours.authority().certificate_pem(), list, true, mark_}, now);
  if (!bundle) return false;
  trust_ = std::move(*bundle);
  mark_ = trust_->high_water_mark();
  list_ = list;
  return true;
}

bool System::use_list(std::uint64_t number, WallTime issued, WallTime due, const std::vector<std::string>& revoked,
                      bool is_forged) {
  std::vector<RevokedSerial> entries;
  for (const auto& serial : revoked) entries.push_back({serial, issued});
  const auto& authority = is_forged ? pki_.foreign.authority() : pki_.ours.authority();
  const auto list = authority.issue_crl(entries, number, issued, due);
  if (!list || !load_trust(*list, trusted())) return false;
  sweep();
  return true;
}

void System::sweep() {
  for (const auto& departure :
       no_longer_trusted(*registry_, *store_, *trust_, [](const SessionRegistry::Entry&) { return false; })) {
    for (const auto session : departure.sessions) end(session, departure.reason);
  }
  for (auto& [number, link] : links_) {
    if (link->session) link->session->note_revocation(trust_->revocation_as_of(link->peer.issuer));
  }
}

void System::accept_clock() {
  must(store_->accept_time(now_.wall));
  floor_.accept(now_);
}

}  // namespace sallyport::model
