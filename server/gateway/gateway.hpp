#pragma once

#include "common/log/log.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/mailbox.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/admission_gate.hpp"
#include "server/gateway/control_message.hpp"
#include "server/gateway/doors.hpp"
#include "server/gateway/gateway_view.hpp"
#include "server/gateway/masquerade.hpp"
#include "server/gateway/worker_pool.hpp"
#include "server/revocation/revocation_poller.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// A running gateway: makes its parts, says which knows which, starts their threads and stops them. What a part is
/// there for, its header says. Everything here runs on the loop it was given.
class Gateway {
 public:
  /// Binds, opens the inside network and starts the threads. The error is one line for the administrator.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>, std::string> start(Loop& loop, std::string config_path,
                                                                           Startup startup, Log& log);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Ends all sessions and stops the loop once they are told.
  void stop();
  /// A thread has stopped answering, and the loop was stopped for it: nothing can be ended in order any more, nor
  /// waited for. The process must go at once.
  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

  [[nodiscard]] GatewayView view();
  [[nodiscard]] GatewayControls controls();

 private:
  enum class Phase : std::uint8_t {
    Running,
    Stopping,  ///< sessions are being told
    Told,      ///< all of them are
    Over,      ///< and that is on record
  };

  Gateway(Loop& loop, std::string config_path, Startup startup, Store store, Log& log);

  Result<void, std::string> open(unsigned allow_stranding);
  void warm_up();
  Result<void, std::string> open_books();
  Result<void, std::string> open_workers(const std::vector<FileDescriptor>& listeners);
  void post_report(WorkerReport&& report);

  void take(VerifiedConnection& connection);
  void take(RefusedHandshake& refused) { refusals_.take(refused); }
  void take(WorkerReport& report);
  void take(EstAsked& asked) { certificates_.take(asked); }
  void take(EstRefused& refused) { refusals_.take(refused); }
  void take(SourceReport& report) { lists_.take(report); }

  void note_event(const char* event, std::string reason);
  void on_tick();
  void watch_workers();
  void tell_left_out(bool is_last);
  void close_doors();
  void finish();

  Loop& loop_;
  Log& log_;
  const std::string config_path_;

  // What the parts share.
  Snapshot snapshot_;
  ControlClock clock_;
  const TimePoint started_;
  Store store_;
  SessionRegistry registry_;
  StoreAlarm store_alarm_;
  AuditJournal journal_;
  const ControlBooks books_{snapshot_, clock_, store_, registry_, journal_, store_alarm_, log_};
  GatewayTally tally_;
  SessionCounts counts_;
  LossBook losses_;
  RightsShelf shelf_;
  WorkerOrders orders_;

  // The ways to the control thread.
  AdmissionGate admission_gate_;
  ReportGate report_gate_;
  RefusalDesk refusals_;

  // The parts, each behind those that it knows.
  ClockKeeper clock_keeper_;
  LeaseKeeper leases_;
  DeviceDesk devices_;
  DrillKeeper drills_;
  SessionDesk sessions_;
  DecisionDesk decisions_;
  PresenceDesk presence_;
  PolicyActivation policy_;
  AuthorityDesk authorities_;
  AdmissionDesk admissions_;
  CertificateDesk certificates_;
  OutlookKeeper outlook_;
  TrustDesk trust_;
  ListIntake lists_;
  ReloadDesk reload_;
  DrainDesk drain_;

  Phase phase_ = Phase::Running;
  bool has_failed_ = false;
  std::unique_ptr<Masquerade> masquerade_;
  Timer tick_;
  Mailbox<ControlMessage> inbox_;
  // The threads below post to the inbox: they are stopped before it goes.
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<RevocationPoller> poller_;
  Doors doors_;
};

}  // namespace sallyport
