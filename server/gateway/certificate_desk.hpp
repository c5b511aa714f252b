#pragma once

#include "server/gateway/authority_desk.hpp"
#include "server/gateway/enrolment_desk.hpp"
#include "server/gateway/gateway_tally.hpp"

#include <cstdint>
#include <functional>
#include <utility>

namespace sallyport {

/// Requests for certificates: whether one is given out at all is asked here, the rest of the enrolment desk; what comes
/// of it is recorded, and sessions by certificates that count no more end.
class CertificateDesk {
 public:
  /// The whole answer to what was asked under this number.
  using Answer = std::function<void(std::uint64_t id, ByteBuffer bytes)>;

  /// All outlive this.
  CertificateDesk(const ControlBooks& books, WorkerOrders& orders, AuthorityDesk& authorities, GatewayTally& tally,
                  Answer answer)
      : snapshot_{books.snapshot},
        clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        orders_{orders},
        authorities_{authorities},
        tally_{tally},
        answer_{std::move(answer)} {}

  void take(const EstAsked& asked);
  /// The gateway stops: nothing is given out any more.
  void close() noexcept { is_closed_ = true; }

  [[nodiscard]] const EnrolmentDesk::Counters& counters() const noexcept { return enrolment_desk_.counters(); }

 private:
  [[nodiscard]] EnrolmentDesk::Answer answer_to(const EstAsked& asked);
  bool note_issued(const EstAsked& asked, const IssuedDevice& issued);
  void note_refused(const EstAsked& asked, const EnrolmentFailure& failure);
  void end_stale_sessions(const DeviceId& device);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  const SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  AuthorityDesk& authorities_;
  GatewayTally& tally_;
  const Answer answer_;
  EnrolmentDesk enrolment_desk_;
  bool is_closed_ = false;
};

}  // namespace sallyport
