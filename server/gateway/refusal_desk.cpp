#include "server/gateway/refusal_desk.hpp"

#include <string>

namespace sallyport {
namespace {

std::string reason_of(const RefusedHandshake& refused) {
  return refused.detail.empty() ? std::string{name_of(refused.refusal)} : refused.detail;
}
const char* event_of(const EstRefused& refused) { return refused.peer ? "renewal.refused" : "enrolment.refused"; }

}  // namespace

void RefusalDesk::post(RefusedHandshake&& refused) {
  send({"handshake.refused", reason_of(refused)}, std::move(refused));
}
void RefusalDesk::post(EstRefused&& refused) { send({event_of(refused), refused.reason}, std::move(refused)); }

template <class Refused>
void RefusalDesk::send(const RefusalGate::Refusal& told, Refused&& refused) {
  tally_.note_refusal(told.event, told.reason);
  const IpAddress source = refused.source;
  if (!gate_.enter(told, source)) return;
  ControlMessage message{std::forward<Refused>(refused)};
  if (!post_(std::move(message))) gate_.leave_counted(told, source);
}

void RefusalDesk::take(const RefusedHandshake& refused) {
  gate_.leave();
  const std::string reason = reason_of(refused);
  AuditRecord audit;
  audit.event = "handshake.refused";
  audit.source = refused.source.to_string();
  audit.reason = reason;
  if (!journal_.may_tell_refusal(audit, {})) return;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Notice, "handshake.refused", refused.words,
             {{"reason", reason}, {"source", refused.source.to_string()}});
}

void RefusalDesk::take(const EstRefused& refused) {
  gate_.leave();
  AuditRecord audit;
  audit.event = event_of(refused);
  audit.source = refused.source.to_string();
  audit.reason = refused.reason;
  if (refused.peer) name_peer(audit, *refused.peer);
  if (!journal_.may_tell_refusal(audit, refused.peer ? refused.peer->device : DeviceId{})) return;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Notice, event_of(refused), refused.words,
             {{"reason", refused.reason}, {"source", refused.source.to_string()}});
}

void RefusalDesk::gather() {
  for (const auto& [refusal, source, count] : gate_.take()) {
    AuditRecord audit;
    audit.event = refusal.event;
    audit.reason = refusal.reason;
    audit.source = source.to_string();
    journal_.leave_out_refusals(audit, count);
  }
}

}  // namespace sallyport
