#include "server/gateway/gateway.hpp"

#include "common/base/file.hpp"
#include "common/base/processors.hpp"
#include "common/base/run_delay.hpp"
#include "server/gateway/admission.hpp"
#include "server/gateway/listener.hpp"
#include "server/gateway/processor_watch.hpp"
#include "server/policy/lost_access.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sallyport {
namespace {

/// Refused handshakes and flows that may wait for the control thread to record them.
constexpr std::size_t kInbox = 16384;
constexpr auto kTick = std::chrono::seconds{1};
/// Session numbers taken at a time: more than are used in an hour of handshakes, so the store is seldom written.
constexpr std::uint64_t kSessionNumbers = 65536;

HandshakeLimits limits_of(const GatewayLimits& limits) {
  HandshakeLimits handshakes{.source = {.per_second = static_cast<double>(limits.handshakes_per_second_per_source),
                                        .burst = static_cast<double>(limits.burst)},
                             .half_open = limits.half_open};
  handshakes.stranger.per_second = std::min(handshakes.stranger.per_second, handshakes.source.per_second);
  handshakes.stranger.burst = std::min(handshakes.stranger.burst, handshakes.source.burst);
  return handshakes;
}

/// Shared by the handshake threads.
std::shared_ptr<ProcessorWatch> watch_processors(const WorkerPool& workers) {
  std::vector<ProcessorWatch::Delay> delays;
  for (const pid_t thread : workers.threads()) {
    delays.emplace_back([delay = std::make_shared<const RunDelay>(thread)] { return delay->read(); });
  }
  return std::make_shared<ProcessorWatch>(std::move(delays));
}

std::size_t workers_of(const ThreadSettings& threads) {
  return std::clamp<std::size_t>(threads.workers.value_or(usable_processors()), 1, kMaxWorkers);
}

/// What a gateway that comes back can let in without making those wait that come first.
constexpr std::size_t kReturnsPerSecond = 200;

std::chrono::seconds return_time(std::size_t sessions) {
  constexpr std::size_t kLongest = 600;
  return std::chrono::seconds{std::min(1 + sessions / kReturnsPerSecond, kLongest)};
}

Result<std::vector<FileDescriptor>, std::string> open_listeners(const std::vector<Endpoint>& endpoints) {
  std::vector<FileDescriptor> listeners;
  for (const auto& endpoint : endpoints) {
    auto listener = listen_on(endpoint.address, endpoint.port);
    if (!listener) return fail(listener.error().message);
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

}  // namespace

Result<std::unique_ptr<Gateway>, std::string> Gateway::start(Loop& loop, std::string config_path, Startup startup,
                                                             Log& log) {
  const GatewayConfig& config = startup.config;
  for (const auto& directory : {config.state, config.runtime}) {
    if (auto made = make_directories(directory, directory == config.state ? 0700 : 0755); !made) {
      return fail(to_string(made.error()));
    }
  }
  auto store = Store::open_or_create(config.database());
  if (!store) return fail(to_string(store.error()));
  std::unique_ptr<Gateway> gateway{
      new Gateway{loop, std::move(config_path), std::move(startup), std::move(*store), log}};
  if (auto opened = gateway->open(); !opened) return fail(opened.error());
  return gateway;
}

Gateway::Gateway(Loop& loop, std::string config_path, Startup startup, Store store, Log& log)
    : loop_{loop},
      config_path_{std::move(config_path)},
      snapshot_{std::move(startup.config), std::move(startup.trust), startup.policy.policy.policy},
      log_{log},
      clock_{[&loop] { return loop.now(); }},
      started_{clock_.now().steady},
      clock_kept_{started_},
      store_{std::move(store)},
      store_alarm_{log},
      journal_{snapshot_, registry_, store_, clock_, log},
      refusals_{books_, tally_, [this](ControlMessage&& message) { return inbox_.post(std::move(message)); }},
      policies_{std::move(startup.policy), PolicyStore{snapshot_.config.policy_history()}, policy_hooks(), log},
      decisions_{log},
      allow_stranding_{startup.allow_stranding},
      served_{places_of(snapshot_.config.limits), kPlacesOfOne},
      leases_touched_{started_},
      admissions_{snapshot_.config.limits.half_open},
      tick_{loop, [this] { on_tick(); }},
      drain_timer_{loop, [this] { on_drain(); }},
      inbox_{loop, kInbox,
             [this](ControlMessage&& message) { std::visit([this](auto& each) { take(each); }, message); }} {}

Gateway::~Gateway() {
  poller_.reset();
  handshakes_.reset();
  est_.reset();
  workers_.reset();
}

Result<void, std::string> Gateway::open() {
  const GatewayConfig& config = snapshot_.config;
  if (auto reserved = reserve_session_numbers(); !reserved) return fail(to_string(reserved.error()));
  if (auto opened = journal_.open(); !opened) return fail(to_string(opened.error()));
  note_start();
  if (auto opened = open_clock(); !opened) return fail(to_string(opened.error()));
  // Of a drill that died with the gateway.
  end_drill();
  if (auto kept = decisions_.open(config.decisions); !kept) return fail(to_string(kept.error()));
  if (auto kept = remember_trust(config, snapshot_.trust); !kept) return fail(to_string(kept.error()));
  expect_devices();
  auto listeners = open_listeners(config.listen);
  if (!listeners) return fail(listeners.error());
  const auto begins_unpaced = set_congestion(*listeners, config.congestion);
  if (!begins_unpaced) log_.event(Level::Warning, "gateway.congestion", begins_unpaced.error().message);
  paces_by_need_ = begins_unpaced.value_or(false);
  auto inside = open_inside_network(config, workers_of(config.threads));
  if (!inside) return fail(inside.error().message);
  for (const auto& warning : inside->warnings) log_.event(Level::Warning, "gateway.warning", warning);
  masquerade_ = std::move(inside->masquerade);

  const auto post = [this](WorkerReport&& report) { post_report(std::move(report)); };
  workers_ = std::make_unique<WorkerPool>(std::move(inside->queues), snapshot_.policy.policy, post,
                                          limits_of(config.sessions));
  orders_.begin(*workers_);
  policies_.begin();
  trace({});
  tell_authorities();
  if (auto opened = open_enrolment(); !opened) return opened;
  handshakes_ = std::make_unique<HandshakeThreads>(
      config.threads.handshakes, std::move(*listeners), TlsIdentity{snapshot_.trust.context, trust_generation_},
      limits_of(config.limits),
      HandshakeService::Handlers{
          .on_verified =
              [this](VerifiedConnection&& verified) {
                ++tally_.handshakes_for_session;
                return await_admission(std::move(verified));
              },
          .on_post =
              [this](VerifiedConnection&& verified) {
                ++tally_.handshakes_for_certificate;
                return est_->take_over(std::move(verified));
              },
          .on_refused = [this](RefusedHandshake&& refused) { refusals_.post(std::move(refused)); },
          .time_of = [this](Now now) { return clock_.at(now); },
          .room = [this] { return admissions_.room(); },
          .sessions_wait = [watch = watch_processors(*workers_)](TimePoint now) { return watch->is_short(now); }});
  handshakes_->start();
  tell_list_faults();
  tell_stranded();
  poller_ = std::make_unique<RevocationPoller>([this](SourceReport&& report) { inbox_.push(std::move(report)); });
  watch_revocations(allow_stranding_);
  look_ahead(true);
  tick_.arm(kTick);
  return {};
}

/// On disk before the first of them is used: records of one number never speak of two sessions.
Result<void, StoreError> Gateway::reserve_session_numbers() {
  // Above what releases counted that began at the clock.
  const auto clock = static_cast<std::uint64_t>(clock_.now().wall.time_since_epoch().count());
  const auto first = store_.reserve_sessions(clock, kSessionNumbers);
  if (!first) return fail(first.error());
  registry_.give_numbers(*first, kSessionNumbers);
  return {};
}

/// Where nothing is given out, the service says so to whoever asks: a renewal must not be taken for a tunnel, which
/// would end the one that the device has.
Result<void, std::string> Gateway::open_enrolment() {
  const auto& enrolment = snapshot_.trust.enrolment;
  auto listeners = open_listeners(enrolment ? snapshot_.config.enrolment->listen : std::vector<Endpoint>{});
  if (!listeners) return fail(listeners.error());
  est_ = std::make_unique<EstService>(
      std::move(*listeners), enrolment ? enrolment->door : EstDoor{}, EstLimits{},
      EstService::Handlers{.on_asked = [this](EstAsked&& asked) { return await_certificate(std::move(asked)); },
                           .on_refused = [this](EstRefused&& refused) { refusals_.post(std::move(refused)); }});
  est_->start();
  return {};
}

/// On the handshake thread: verified connections leave its caps, so they have one of their own until admitted.
bool Gateway::await_admission(VerifiedConnection&& verified) {
  if (!admissions_.enter()) return false;
  if (inbox_.post(std::move(verified))) return true;
  admissions_.leave();
  return false;
}

void Gateway::stop() {
  if (std::exchange(is_stopping_, true)) return;
  keep_clock();
  handshakes_->stop_accepting();
  est_->stop_accepting();
  const auto when_told = [this](Ticket) {
    record_losses(true);
    tell_left_out(true);
    AuditRecord audit;
    audit.event = "gateway.stop";
    audit.reason = "as asked";
    (void)journal_.record(std::move(audit));
    loop_.stop();
  };
  orders_.tell(command::Stop{.ticket = orders_.open(when_told), .return_within = return_time(registry_.size())});
}

void Gateway::measure(std::shared_ptr<const Policy> candidate, std::function<void(PolicyImpact)> when_done) {
  auto ready = rights_of_all(*candidate);
  auto losing = losing_by(candidate);
  orders_.measure(std::move(candidate), std::move(ready), std::move(losing), std::move(when_done));
}

std::shared_ptr<const std::unordered_set<SessionId>> Gateway::losing_by(std::shared_ptr<const Policy> candidate) {
  auto losing = std::make_shared<std::unordered_set<SessionId>>();
  LostAccess lost{snapshot_.policy.policy, std::move(candidate), clock_.now().wall};
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    if (!entry.grant.own_policy && lost.by(entry.evidence)) losing->insert(entry.grant.id);
  });
  return losing;
}

void Gateway::tell_left_out(bool is_last) {
  refusals_.gather();
  journal_.tell_left_out(is_last);
}

/// So that the service manager starts it anew: a worker that stands still holds up its sessions, and never lets them
/// go.
void Gateway::watch_workers() {
  const auto stuck = workers_->find_stuck();
  if (!stuck || std::exchange(has_failed_, true)) return;
  log_.event(Level::Error, "worker.stuck", "a worker has not answered for 10 seconds; the gateway ends",
             {{"worker", index_of(*stuck)}});
  AuditRecord audit;
  audit.event = "gateway.failed";
  audit.reason = "worker " + std::to_string(index_of(*stuck)) + " has stopped answering";
  (void)journal_.record(std::move(audit));
  loop_.stop();
}

void Gateway::on_tick() {
  watch_workers();
  watch_clock();
  end_outdated_sessions();
  keep_unread();
  if (outlook_.is_due(clock_.now().steady)) look_ahead(true);
  // A command that came to nothing is not what a later change is measured from.
  if (!policies_.is_changing()) policy_asked_.reset();
  policies_.handle_timeout();
  if (drill_ && clock_.now().steady >= drill_->ends) end_drill();
  record_losses(false);
  tell_left_out(false);
  journal_.tick();
  end_unrecorded_sessions();
  touch_leases();
  tick_.arm(kTick);
}

}  // namespace sallyport
