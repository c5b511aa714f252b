#include "server/gateway/gateway.hpp"

#include "common/base/file.hpp"
#include "common/base/processors.hpp"
#include "common/base/run_delay.hpp"
#include "common/base/version.hpp"
#include "common/tls/library.hpp"
#include "common/tls/rehearsal.hpp"
#include "server/gateway/inside_network.hpp"
#include "server/gateway/listener.hpp"
#include "server/gateway/processor_watch.hpp"
#include "server/gateway/session_rules.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sallyport {
namespace {

constexpr auto kTick = std::chrono::seconds{1};

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

/// One function for each kind of what a variant holds.
template <class... Functions>
struct Each : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Each(Functions...) -> Each<Functions...>;

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
  const unsigned allow_stranding = startup.allow_stranding;
  std::unique_ptr<Gateway> gateway{
      new Gateway{loop, std::move(config_path), std::move(startup), std::move(*store), log}};
  if (auto opened = gateway->open(allow_stranding); !opened) return fail(opened.error());
  return gateway;
}

Gateway::Gateway(Loop& loop, std::string config_path, Startup startup, Store store, Log& log)
    : loop_{loop},
      log_{log},
      config_path_{std::move(config_path)},
      snapshot_{std::move(startup.config), std::move(startup.trust), startup.policy.policy.policy},
      clock_{[&loop] { return loop.now(); }},
      started_{clock_.now().steady},
      store_{std::move(store)},
      store_alarm_{log},
      journal_{snapshot_, registry_, store_, clock_, log},
      admission_gate_{snapshot_.config.limits.half_open},
      refusals_{books_, tally_, [this](ControlMessage&& message) { return inbox_.post(std::move(message)); }},
      clock_keeper_{books_},
      leases_{books_},
      devices_{books_},
      drills_{books_, orders_},
      sessions_{books_, orders_, counts_, tally_},
      decisions_{books_, orders_, tally_, report_gate_, losses_},
      presence_{books_, orders_, tally_, losses_},
      policy_{snapshot_, books_, orders_, shelf_, std::move(startup.policy)},
      authorities_{books_, orders_},
      admissions_{books_,
                  {leases_, devices_, drills_, sessions_, orders_, shelf_, counts_, tally_},
                  [this](const IpAddress& source, CountedAs counted_as) { doors_.give_back(source, counted_as); }},
      certificates_{books_, orders_, authorities_, tally_,
                    [this](std::uint64_t id, ByteBuffer bytes) { doors_.answer(id, std::move(bytes)); }},
      outlook_{books_},
      trust_{snapshot_, config_path_, books_, orders_, authorities_, outlook_, [this] { doors_.show_trust(); }},
      lists_{books_,
             trust_,
             {.watch = [this](std::uint64_t round,
                              std::vector<ListSource> sources) { poller_->watch(round, std::move(sources)); },
              .was_refused = [this](std::uint64_t round, std::size_t source) { poller_->was_refused(round, source); }}},
      reload_{snapshot_, config_path_, books_, {trust_, lists_, policy_, orders_, tally_}},
      drain_{
          loop, books_, orders_, {.stop_accepting = [this] { doors_.stop_handshakes(); }, .stop = [this] { stop(); }}},
      tick_{loop, [this] { on_tick(); }},
      inbox_{loop, kControlInbox,
             [this](ControlMessage&& message) { std::visit([this](auto& each) { take(each); }, message); },
             [this] { finish(); }},
      doors_{snapshot_, clock_, {admission_gate_, refusals_, tally_, [this](ControlMessage&& message) {
                                   return inbox_.post(std::move(message));
                                 }}} {}

Gateway::~Gateway() {
  poller_.reset();
  if (phase_ != Phase::Over) close_doors();
  workers_.reset();
}

GatewayView Gateway::view() {
  return {.snapshot = snapshot_,
          .clock = clock_,
          .registry = registry_,
          .journal = journal_,
          .admissions = admissions_,
          .sessions = sessions_,
          .counts = counts_,
          .tally = tally_,
          .decisions = decisions_,
          .policies = policy_.versions(),
          .certificates = certificates_,
          .authorities = authorities_,
          .lists = lists_,
          .drain = drain_,
          .outlook = outlook_,
          .started = started_,
          .handshake_threads = doors_.handshake_threads()};
}

GatewayControls Gateway::controls() {
  return {.orders = orders_,
          .store = store_,
          .journal = journal_,
          .clock = clock_keeper_,
          .sessions = sessions_,
          .decisions = decisions_,
          .presence = presence_,
          .policy = policy_,
          .trust = trust_,
          .reload = reload_,
          .drain = drain_,
          .drills = drills_};
}

Result<void, std::string> Gateway::open(unsigned allow_stranding) {
  if (auto opened = open_books(); !opened) return opened;
  warm_up();
  auto listeners = Doors::listen(snapshot_.config.listen);
  if (!listeners) return fail(listeners.error());
  if (auto opened = open_workers(*listeners); !opened) return opened;
  policy_.versions().begin();
  decisions_.trace({});
  authorities_.tell_authorities();
  if (auto opened = doors_.open_enrolment(); !opened) return opened;
  doors_.open_handshakes(std::move(*listeners),
                         [watch = watch_processors(*workers_)](TimePoint now) { return watch->is_short(now); });
  trust_.tell_list_faults();
  trust_.tell_stranded();
  poller_ = std::make_unique<RevocationPoller>([this](SourceReport&& report) { inbox_.push(std::move(report)); });
  lists_.watch_revocations(allow_stranding);
  outlook_.look_ahead(true);
  tick_.arm(kTick);
  return {};
}

/// What is asked again for each device that comes, and takes longer the first time.
void Gateway::warm_up() {
  (void)rehearse_handshake(clock_.now().wall);
  (void)journal_.has_room_for(1);
  const auto devices = store_.devices();
  if (!devices || devices->empty()) return;
  store_.read_ahead(devices->front());
  policy_.expect(*devices);
}

Result<void, std::string> Gateway::open_books() {
  const GatewayConfig& config = snapshot_.config;
  if (auto reserved = admissions_.reserve_session_numbers(); !reserved) return fail(to_string(reserved.error()));
  if (auto opened = journal_.open(); !opened) return fail(to_string(opened.error()));
  note_event("gateway.start",
             "version " + std::string{product_version()} + "; large records by " + record_cipher_name());
  if (auto opened = clock_keeper_.open(); !opened) return fail(to_string(opened.error()));
  // Of a drill that died with the gateway.
  drills_.end();
  if (auto kept = decisions_.open(config.decisions); !kept) return fail(to_string(kept.error()));
  if (auto kept = remember_trust(config, snapshot_.trust); !kept) return fail(to_string(kept.error()));
  return {};
}

Result<void, std::string> Gateway::open_workers(const std::vector<FileDescriptor>& listeners) {
  const GatewayConfig& config = snapshot_.config;
  const auto begins_unpaced = set_congestion(listeners, config.congestion);
  if (!begins_unpaced) log_.event(Level::Warning, "gateway.congestion", begins_unpaced.error().message);
  admissions_.pace_by_need(begins_unpaced.value_or(false));
  auto inside = open_inside_network(config, workers_of(config.threads));
  if (!inside) return fail(inside.error().message);
  for (const auto& warning : inside->warnings) log_.event(Level::Warning, "gateway.warning", warning);
  masquerade_ = std::move(inside->masquerade);
  const auto post = [this](WorkerReport&& report) { post_report(std::move(report)); };
  workers_ = std::make_unique<WorkerPool>(std::move(inside->queues), snapshot_.policy.policy, post,
                                          limits_of(config.sessions));
  orders_.begin(*workers_);
  return {};
}

/// On a worker's thread.
void Gateway::post_report(WorkerReport&& report) {
  if (report_gate_.enter(report)) inbox_.push(ControlMessage{std::move(report)});
}

void Gateway::take(VerifiedConnection& connection) {
  admission_gate_.leave();
  admissions_.take(connection);
}

void Gateway::take(WorkerReport& report) {
  report_gate_.leave(report);
  std::visit(
      Each{[&](report::Started& each) { sessions_.take(each); }, [&](report::Ended& each) { sessions_.take(each); },
           [&](report::EvidenceRenewed& each) { sessions_.take(each); },
           [&](report::PostureChanged& each) { sessions_.take(each); },
           [&](report::AttestRefused& each) { sessions_.take(each); },
           [&](report::FlowsCut& each) { sessions_.take(each); },
           [&](report::RoutesCut& each) { sessions_.take(each); }, [&](report::Denied& each) { decisions_.take(each); },
           [&](report::Decisions& each) { decisions_.take(each); }, [&](report::Lost& each) { decisions_.take(each); },
           [&](report::ProofOffered& each) { presence_.take(each); },
           [&](report::AuthoritiesHeld& each) { authorities_.take(each); }, [&](auto& each) { orders_.take(each); }},
      report);
}

void Gateway::note_event(const char* event, std::string reason) {
  AuditRecord audit;
  audit.event = event;
  audit.reason = std::move(reason);
  (void)journal_.record(std::move(audit));
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
  note_event("gateway.failed", "worker " + std::to_string(index_of(*stuck)) + " has stopped answering");
  loop_.stop();
}

void Gateway::on_tick() {
  watch_workers();
  clock_keeper_.watch();
  trust_.end_outdated_sessions();
  lists_.keep_unread();
  outlook_.handle_timeout();
  policy_.handle_timeout();
  drills_.handle_timeout();
  decisions_.record_losses(false);
  tell_left_out(false);
  journal_.tick();
  sessions_.end_unrecorded_sessions();
  leases_.touch_leases();
  tick_.arm(kTick);
}

void Gateway::stop() {
  if (phase_ != Phase::Running) return;
  phase_ = Phase::Stopping;
  admissions_.close();
  certificates_.close();
  lists_.close();
  drain_.close();
  clock_keeper_.keep();
  doors_.stop_accepting();
  orders_.tell(command::Stop{.ticket = orders_.open([this](Ticket) { phase_ = Phase::Told; }),
                             .return_within = return_time(registry_.size())});
}

/// Once all sessions are told: between two messages, because there are some more to be heard.
void Gateway::finish() {
  if (phase_ != Phase::Told) return;
  phase_ = Phase::Over;
  close_doors();
  decisions_.record_losses(true);
  tell_left_out(true);
  note_event("gateway.stop", "as asked");
  loop_.stop();
}

/// Nobody comes any more. Whoever came until now is turned away, and what the doors say last is heard: nothing that was
/// refused goes without a record.
void Gateway::close_doors() {
  admissions_.close();
  certificates_.close();
  lists_.close();
  doors_.close();
  inbox_.deliver();
}

}  // namespace sallyport
