#include "client/daemon/control.hpp"

#include "client/config/service_address.hpp"
#include "client/daemon/answer.hpp"
#include "client/posture/posture_document.hpp"
#include "common/base/text.hpp"
#include "common/ipc/message.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

using nlohmann::json;

constexpr auto kUpPatience = std::chrono::seconds{15};
constexpr auto kWhyPatience = std::chrono::seconds{5};
/// The gateway asks again two seconds after its last challenge.
constexpr auto kLoginPatience = std::chrono::seconds{15};
constexpr auto kUnlockPatience = std::chrono::seconds{15};
constexpr std::size_t kMaxWaiting = 32;
/// For how long a key is held in memory for an `up` that may come.
constexpr auto kExpectFor = std::chrono::minutes{5};

std::string names_of(const ClientConfig& config) {
  std::string names;
  for (const auto& [name, profile] : config.profiles) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none is configured; in client.toml: [profile.office], and below it: gateway = \"HOST:443\""
                       : "profiles: " + names;
}

std::string likely_name(const ClientConfig& config, std::string_view word) {
  std::vector<std::string_view> names;
  for (const auto& [name, profile] : config.profiles) names.push_back(name);
  const auto match = closest_match(word, names);
  return match ? "did you mean \"" + std::string{*match} + "\"?" : names_of(config);
}

json not_connected() { return declined("not_connected", "the tunnel is not up", "run: sallyport up"); }

}  // namespace

Control::Control(Loop& loop, Log& log, ClientConfig config, Access access, JournalledNetwork network,
                 std::shared_ptr<const PostureSource> posture, std::uint64_t seed)
    : loop_{loop},
      log_{log},
      config_{std::move(config)},
      access_{std::move(access)},
      deadline_{loop, [this] { on_deadline(); }},
      expected_end_{loop, [this] { tunnel_.forget_expected(); }},
      posture_{loop, posture},
      tunnel_{loop,
              log,
              std::move(network),
              std::move(posture),
              seed,
              Tunnel::Listener{[this] { on_change(); }, [this](const WhyAnswer& answer) { on_why(answer); },
                               [this](const ProofVerdict& verdict) { on_proof(verdict); }}} {}

Result<void, SystemError> Control::listen() {
  auto server = JsonLineServer::open(
      loop_, {.path = config_.socket_path(), .mode = 0660, .group = user_group()},
      [this](RequestId request, const json& message, const PeerCredentials& peer) { handle(request, message, peer); });
  if (!server) return fail(server.error());
  server_ = std::move(*server);
  expect_up();
  return {};
}

Result<void, NetworkFailure> Control::stop() {
  answer_waiting(declined("stopping", "the client service is stopping"));
  unlocking_.reset();
  auto done = tunnel_.leave();
  posture_.cancel();
  server_.reset();
  return done;
}

std::string Control::summary() const {
  const auto status = tunnel_.status();
  std::string words{to_string(status.state)};
  return status.profile.empty() ? words : words + ": " + status.profile;
}

void Control::handle(RequestId request, const json& message, const PeerCredentials& peer) {
  if (message.value("v", json{}) != 1) {
    return server_->reply(request, declined("bad_request", "this service speaks version 1", "add: \"v\":1"));
  }
  const auto verb = parse_verb(text_at(message, "do").value_or(""));
  if (!verb) {
    return server_->reply(request,
                          declined("bad_request", "no such verb", "up, down, status, why, login, posture, unlock"));
  }
  if (!access_.allows(peer.uid, *verb)) {
    log_.event(Level::Warning, "control.refused", "a user outside the group asked for something",
               {{"uid", peer.uid}, {"verb", text_at(message, "do").value_or("")}});
    return server_->reply(request,
                          declined("not_permitted", "you may not use this tunnel",
                                   std::string{"ask your administrator to add you to the group "} + kUserGroup));
  }
  switch (*verb) {
    case Verb::Up:
      return up(request, message);
    case Verb::Down:
      return down(request);
    case Verb::Status:
      return server_->reply(request, status());
    case Verb::Why:
      return why(request, message);
    case Verb::Login:
      return login(request, message);
    case Verb::Posture:
      return posture(request);
    case Verb::Unlock:
      return unlock(request, message);
  }
}

const Profile* Control::choose(RequestId request, const json& message) {
  const auto name = text_at(message, "profile");
  if (!name && config_.profiles.size() == 1) return &config_.profiles.begin()->second;
  if (!name) {
    server_->reply(request, declined("which_profile", "say which profile to connect", names_of(config_)));
    return nullptr;
  }
  const auto found = config_.profiles.find(*name);
  if (found != config_.profiles.end()) return &found->second;
  server_->reply(request, declined("unknown_profile", "no profile \"" + escape_untrusted(*name, 64) + '"',
                                   likely_name(config_, *name)));
  return nullptr;
}

void Control::up(RequestId request, const json& message) {
  const Profile* profile = choose(request, message);
  if (profile == nullptr) return;
  const auto active = tunnel_.status().profile;
  if (!active.empty() && active != profile->name) {
    return server_->reply(request, declined("busy", "profile \"" + active + "\" is up", "first run: sallyport down"));
  }
  if (waiting_.size() >= kMaxWaiting) return server_->reply(request, declined("busy", "too many wait for the tunnel"));
  waiting_.push_back({request, loop_.now().steady + kUpPatience});
  if (tunnel_.is_down())
    tunnel_.up(*profile);
  else
    tunnel_.hurry();
  on_change();
}

void Control::down(RequestId request) {
  const bool was_down = tunnel_.is_down();
  answer_waiting(declined("cancelled", "somebody ran: sallyport down"));
  const auto done = tunnel_.down();
  if (!done) return server_->reply(request, declined("network_failed", done.error().message));
  json answer = accepted();
  answer["was_down"] = was_down;
  server_->reply(request, answer);
  expect_up();
}

/// Of several profiles it is not known which one.
void Control::expect_up() {
  if (config_.profiles.size() != 1 || !tunnel_.is_down()) return;
  tunnel_.expect(config_.profiles.begin()->second);
  expected_end_.arm(kExpectFor);
}

json Control::status() const {
  json answer = accepted();
  answer.update(to_json(tunnel_.status()));
  answer["denials"] = tunnel_.denials().to_json();
  answer["profiles"] = json::array();
  for (const auto& [name, profile] : config_.profiles) answer["profiles"].push_back(name);
  return answer;
}

json Control::begin_why(const std::string& to, const IpAddress& address) const {
  const auto status = tunnel_.status();
  json answer = accepted();
  answer.update({{"to", to},
                 {"routed", tunnel_.routes(address)},
                 {"profile", status.profile},
                 {"device", status.device},
                 {"user", status.user}});
  return answer;
}

void Control::why(RequestId request, const json& message) {
  const auto service = ServiceAddress::parse(text_at(message, "to").value_or(""));
  const auto address = service ? service->address() : std::nullopt;
  if (!address) {
    return server_->reply(request, declined("bad_request", "\"to\" is not ADDRESS:PORT/PROTOCOL",
                                            "examples: 10.20.4.10:443/tcp, [fd00:20::1]:443/tcp, 10.20.4.10/icmp"));
  }
  if (!tunnel_.is_ready()) return server_->reply(request, not_connected());
  const auto to = service->to_string();
  json answer = begin_why(to, *address);
  const auto id = ++last_question_;
  if (tunnel_.ask_why(to, id)) {
    questions_.emplace(id, Question{{request, loop_.now().steady + kWhyPatience}, std::move(answer)});
    return arm();
  }
  if (const Denial* denial = tunnel_.denials().find(to)) {
    answer.update({{"source", "earlier_refusal"}, {"verdict", "deny"}});
    answer.update(to_json(*denial));
    return server_->reply(request, answer);
  }
  server_->reply(request, declined("gateway_silent", "this gateway does not answer such questions",
                                   "try the connection itself; what is refused is listed by: sallyport status"));
}

void Control::on_why(const WhyAnswer& said) {
  const auto question = questions_.find(said.id);
  if (question == questions_.end()) return;
  json answer = std::move(question->second.answer);
  answer.update({{"source", "gateway"}, {"verdict", said.verdict}, {"reason", said.reason}, {"words", said.words}});
  if (!said.code.empty()) answer["code"] = said.code;
  const auto request = question->second.request;
  questions_.erase(question);
  server_->reply(request, answer);
}

void Control::login(RequestId request, const json& message) {
  ProofAttempt attempt{text_at(message, "method").value_or(""), text_at(message, "code").value_or("")};
  if (!is_well_formed(attempt)) {
    return server_->reply(request, declined("bad_request", "\"method\" or \"code\" is missing or unreadable"));
  }
  if (!tunnel_.is_ready()) return server_->reply(request, not_connected());
  if (login_ || tunnel_.is_proving())
    return server_->reply(request, declined("busy", "another code is being checked", "try again in a moment"));
  login_ = Waiting{request, loop_.now().steady + kLoginPatience};
  if (!tunnel_.offer_proof(std::move(attempt))) {
    login_.reset();
    return server_->reply(request, declined("gateway_silent", "this gateway takes no codes"));
  }
  arm();
}

void Control::on_proof(const ProofVerdict& verdict) {
  if (!login_) return;
  const auto request = std::exchange(login_, std::nullopt)->request;
  tunnel_.withdraw_proof();
  if (verdict.verdict != "accepted") {
    json answer = declined(verdict.verdict, verdict.words);
    if (verdict.tries_left) answer["tries_left"] = *verdict.tries_left;
    if (verdict.seconds) answer["wait_seconds"] = *verdict.seconds;
    return server_->reply(request, answer);
  }
  json answer = accepted();
  answer.update({{"verdict", verdict.verdict}, {"words", verdict.words}});
  if (verdict.until) answer["until"] = format_utc(*verdict.until);
  server_->reply(request, answer);
}

void Control::posture(RequestId request) {
  if (posture_requests_.size() == kMaxWaiting)
    return server_->reply(request, declined("busy", "too many ask for the posture", "try again in a moment"));
  posture_requests_.push_back(request);
  if (posture_requests_.size() > 1) return;
  posture_.start(tunnel_.posture_wants(), [this](const Posture& posture) {
    const auto answer = posture_answer(posture);
    for (const auto waiting : std::exchange(posture_requests_, {})) server_->reply(waiting, answer);
  });
}

json Control::posture_answer(const Posture& posture) const {
  json answer = accepted();
  const auto& told = tunnel_.standing();
  answer.update({{"self_reported", true},
                 {"connected", tunnel_.is_ready()},
                 {"reported", reported_document(posture)},
                 {"judged_at", told ? json(format_utc(told->told)) : json(nullptr)},
                 {"checks", told ? checks_document(told->standing, posture) : json::array()},
                 {"left_off", told ? told->standing.left_off : 0},
                 {"failing", told && is_failing(told->standing)}});
  return answer;
}

/// The PIN is tried once, at once: whoever typed it learns what became of it.
void Control::unlock(RequestId request, const json& message) {
  const Profile* profile = choose(request, message);
  if (profile == nullptr) return;
  const auto token = tunnel_.token_of(*profile);
  if (!token) return server_->reply(request, declined("bad_uri", to_string(token.error())));
  if (!*token) {
    return server_->reply(request, declined("no_token", "the key of profile \"" + profile->name + "\" is in a file",
                                            "nothing has to be unlocked"));
  }
  if (unlock_request_) return server_->reply(request, declined("busy", "another PIN is being tried", "wait a moment"));
  const auto pin = message.find("pin");
  const auto* text = pin == message.end() ? nullptr : pin->get_ptr<const json::string_t*>();
  if (text == nullptr || text->empty() || text->size() > Secret::kMaxSize) {
    return server_->reply(request, declined("bad_request", "\"pin\" is missing or too long"));
  }
  unlock_request_ = request;
  struct Work {
    std::shared_ptr<Token> token;
    Secret pin;
    Result<void, PkiError> result{};
  };
  auto work = std::make_shared<Work>(Work{*token, Secret{*text}});
  unlocking_.emplace(tunnel_.key_thread().start(
      [work] { work->result = work->token->unlock(std::move(work->pin)); }, kUnlockPatience,
      [this, work](bool is_done) { on_unlocked(is_done ? work->result : fail(token_is_silent())); }));
}

void Control::on_unlocked(const Result<void, PkiError>& result) {
  const auto request = *std::exchange(unlock_request_, std::nullopt);
  if (!result) {
    const std::string reason{token_reason(result.error().problem)};
    return server_->reply(request, declined(reason.empty() ? "token_failed" : reason, to_string(result.error())));
  }
  server_->reply(request, accepted());
  // What waited for the PIN need not wait any longer.
  tunnel_.hurry();
  on_change();
}

json Control::failure_answer() const {
  const auto& failure = tunnel_.failure();
  json answer = declined(failure ? failure->reason : "timeout",
                         failure ? failure->words : "no connection in time; the service goes on trying",
                         "look again with: sallyport status; give up with: sallyport down");
  if (failure && !failure->code.empty()) answer["code"] = failure->code;
  return answer;
}

void Control::on_change() {
  if (tunnel_.is_ready())
    answer_waiting(status());
  else if (tunnel_.has_failed())
    answer_waiting(failure_answer());
  if (!tunnel_.is_ready()) {
    for (auto& [id, question] : questions_) server_->reply(question.request, not_connected());
    questions_.clear();
    if (login_) server_->reply(std::exchange(login_, std::nullopt)->request, not_connected());
  }
  arm();
}

void Control::answer_waiting(const json& answer) {
  for (const auto& waiting : waiting_) server_->reply(waiting.request, answer);
  waiting_.clear();
}

void Control::on_deadline() {
  const TimePoint now = loop_.now().steady;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.deadline > now) return false;
    // A gateway that never says what it routes is still one that can be reached.
    const bool online = tunnel_.status().state == TunnelState::Online;
    server_->reply(waiting.request, online ? status() : failure_answer());
    return true;
  });
  std::erase_if(questions_, [&](const auto& entry) {
    if (entry.second.deadline > now) return false;
    server_->reply(entry.second.request, declined("timeout", "the gateway did not answer in time"));
    return true;
  });
  if (login_ && login_->deadline <= now) {
    tunnel_.withdraw_proof();
    server_->reply(std::exchange(login_, std::nullopt)->request,
                   declined("timeout", "the gateway did not say in time what the code came to", "try again"));
  }
  arm();
}

void Control::arm() {
  std::optional<TimePoint> next;
  for (const auto& waiting : waiting_) next = std::min(next.value_or(waiting.deadline), waiting.deadline);
  for (const auto& [id, question] : questions_) next = std::min(next.value_or(question.deadline), question.deadline);
  if (login_) next = std::min(next.value_or(login_->deadline), login_->deadline);
  if (next)
    deadline_.arm_at(*next);
  else
    deadline_.cancel();
}

}  // namespace sallyport
