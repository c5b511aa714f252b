#include "server/gateway/certificate_desk.hpp"

#include "server/gateway/session_sweep.hpp"

#include <utility>

namespace sallyport {
namespace {

const char* event_of(const EstAsked& asked, bool is_issued) {
  if (asked.peer) return is_issued ? "device.renewed" : "renewal.refused";
  return is_issued ? "device.enrolled" : "enrolment.refused";
}

void name_token(AuditRecord& audit, const std::string& token) {
  if (!token.empty()) audit.by = "token " + token;
}

}  // namespace

void CertificateDesk::take(const EstAsked& asked) {
  auto answer = answer_to(asked);
  const auto& outcome = answer.outcome;
  if (outcome)
    end_stale_sessions(outcome->device);
  else
    note_refused(asked, outcome.error());
  answer_(asked.id, std::move(answer.bytes));
}

EnrolmentDesk::Answer CertificateDesk::answer_to(const EstAsked& asked) {
  const auto refuse = [this](EnrolmentRefusal refusal, const char* words) {
    return enrolment_desk_.refuse({refusal, words, {}});
  };
  const auto& enrolment = snapshot_.trust.enrolment;
  if (asked.peer && !asked.peer->authority.empty()) {
    return refuse(EnrolmentRefusal::NotOffered, "the certificate is of another authority, which renews it");
  }
  const bool is_stale = asked.peer && asked.trust_generation != snapshot_.trust_generation;
  if (!enrolment) return refuse(EnrolmentRefusal::NotOffered, "the configuration has no section [enrolment]");
  if (is_closed_ || is_stale) {
    return refuse(EnrolmentRefusal::CannotIssue, "the gateway's certificates changed, or it stops");
  }
  // The second lock beside the handshake's.
  if (asked.peer && snapshot_.trust.bundle->is_revoked_by(asked.peer->issuer, asked.peer->serial_hex)) {
    return refuse(EnrolmentRefusal::DeviceRevoked, "the certificate is on the revocation list");
  }
  const auto* authority = authorities_.issuing_authority(asked);
  if (authority == nullptr) return refuse(EnrolmentRefusal::StoreUnavailable, "the records cannot be read");
  const Now now = clock_.now();
  const EnrolmentTerms terms{authority, snapshot_.config.enrolment->lifetime};
  return enrolment_desk_.serve(asked, store_, terms,
                               [&](const IssuedDevice& issued) { return note_issued(asked, issued); },
                               {.steady = now.steady, .wall = clock_.at(now)});
}

/// Before it is recorded and handed out: what cannot be written down does not happen.
bool CertificateDesk::note_issued(const EstAsked& asked, const IssuedDevice& issued) {
  AuditRecord audit;
  audit.event = event_of(asked, true);
  audit.user = issued.user.text();
  audit.device = issued.device.text();
  audit.serial = issued.serial;
  audit.source = asked.source.to_string();
  name_token(audit, issued.token_id);
  if (asked.peer) audit.reason = "replaces " + asked.peer->serial_hex;
  if (!journal_.record(std::move(audit))) return false;
  log_.event(Level::Notice, event_of(asked, true),
             asked.peer ? "a device renewed its certificate" : "a device enrolled",
             {{"device", issued.device.text()},
              {"user", issued.user.text()},
              {"serial", issued.serial},
              {"until", format_utc(issued.not_after)}});
  return true;
}

void CertificateDesk::note_refused(const EstAsked& asked, const EnrolmentFailure& failure) {
  AuditRecord audit;
  audit.event = event_of(asked, false);
  audit.source = asked.source.to_string();
  audit.reason = name_of(failure.refusal);
  tally_.certificates_refused.count(audit.reason);
  if (asked.peer) name_peer(audit, *asked.peer);
  name_token(audit, failure.token_id);
  if (!journal_.may_tell_refusal(audit, asked.peer ? asked.peer->device : DeviceId{})) return;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Notice, event_of(asked, false), failure.words, {{"reason", name_of(failure.refusal)}});
}

/// A certificate that took the place of others may have ended the right of sessions that live by them.
void CertificateDesk::end_stale_sessions(const DeviceId& device) {
  const auto stale = sessions_by_stale_certificates(registry_, store_, device);
  if (!stale.empty()) orders_.end_sessions(stale, EndReason::DeviceRevoked, [](std::size_t) {});
}

}  // namespace sallyport
