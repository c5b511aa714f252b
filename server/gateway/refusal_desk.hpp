#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/control_message.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/refusal_gate.hpp"

#include <functional>
#include <utility>

namespace sallyport {

/// Refusals of connections that come to no session: counted on the thread that refuses, and recorded on the control
/// thread, one by one as long as they are few.
class RefusalDesk {
 public:
  /// From any thread, to the control thread. False: nothing more may wait for it, and the message is untouched.
  using Post = std::function<bool(ControlMessage&&)>;

  /// `tally` outlives this.
  RefusalDesk(const ControlBooks& books, GatewayTally& tally, Post post)
      : journal_{books.journal}, log_{books.log}, tally_{tally}, post_{std::move(post)} {}

  // On the thread that refused.
  void post(RefusedHandshake&& refused);
  void post(EstRefused&& refused);

  // On the control thread.
  void take(const RefusedHandshake& refused);
  void take(const EstRefused& refused);
  /// Those that came as counts go to the journal.
  void gather();

 private:
  template <class Refused>
  void send(const RefusalGate::Refusal& told, Refused&& refused);

  AuditJournal& journal_;
  Log& log_;
  GatewayTally& tally_;
  const Post post_;
  RefusalGate gate_;
};

}  // namespace sallyport
