#include "server/gateway/authority_desk.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sallyport {

void AuthorityDesk::take(report::AuthoritiesHeld& held) {
  auto* entry = registry_.find(held.session);
  if (entry == nullptr) return;
  entry->authorities = held.report.has;
  const WallTime now = clock_.now().wall;
  const auto news =
      store_.note_authorities(entry->grant.device, {std::move(held.report.has), held.report.problem, now});
  if (!news) return store_alarm_.tell(news.error(), now);
  if (*news) note_held(entry->grant, held.report.problem);
  ask_to_renew(*entry);
}

void AuthorityDesk::note_held(const SessionGrant& grant, const std::string& problem) {
  const bool is_refused = !problem.empty();
  if (is_refused) ++authorities_refused_;
  AuditRecord audit = journal_.record_of(is_refused ? "authority.refused" : "authority.held", grant);
  audit.reason = problem;
  audit.self_reported = true;
  (void)journal_.record(std::move(audit));
  log_.event(is_refused ? Level::Warning : Level::Info, is_refused ? "authority.refused" : "authority.held",
             is_refused ? "a device did not take what it was told of authorities"
                        : "a device trusts what it was told to trust",
             {{"device", grant.device.text()}, {"reason", problem}});
}

void AuthorityDesk::tell_authorities() {
  const auto& notice = snapshot_.trust.authorities;
  // Shares the life of the notice that it is a part of.
  orders_.tell(command::Announce{std::shared_ptr<const AuthorityAnnouncement>{notice, &notice->announcement}});
  registry_.for_each([this](const SessionRegistry::Entry& entry) { ask_to_renew(entry); });
}

/// Once the next authority signs: whoever trusts it and still lives by another one.
void AuthorityDesk::ask_to_renew(const SessionRegistry::Entry& entry) {
  const auto& notice = *snapshot_.trust.authorities;
  const auto& held = entry.authorities;
  const bool is_due = notice.phase == RotationPhase::Issuing && snapshot_.trust.enrolment &&
                      entry.grant.authority.empty() && entry.issuer != notice.newest &&
                      std::find(held.begin(), held.end(), notice.newest) != held.end();
  if (!is_due) return;
  orders_.tell(entry.grant.id, command::AskToRenew{entry.grant.id, notice.renew_within});
}

void AuthorityDesk::note_rotation(RotationPhase before) {
  const auto phase = snapshot_.trust.authorities->phase;
  if (phase == before) return;
  AuditRecord audit;
  audit.event = "authority.rotation";
  audit.reason = name_of(phase);
  (void)journal_.record(std::move(audit));
  log_.event(Level::Notice, "authority.rotation", "the change of authorities took a step",
             {{"phase", name_of(phase)}, {"next", snapshot_.trust.authorities->newest}});
}

/// The next authority signs only for devices that would accept it. Null: the records cannot be read.
const CertificateAuthority* AuthorityDesk::issuing_authority(const EstAsked& asked) {
  const auto& enrolment = *snapshot_.trust.enrolment;
  if (!enrolment.next || !asked.peer) return &enrolment.authority;
  const auto held = store_.held_authorities(asked.peer->device);
  if (!held) return nullptr;
  const bool has_next = *held && (*held)->has(snapshot_.trust.authorities->newest);
  return has_next ? &*enrolment.next : &enrolment.authority;
}

}  // namespace sallyport
