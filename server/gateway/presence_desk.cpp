#include "server/gateway/presence_desk.hpp"

#include "server/gateway/session_rules.hpp"
#include "server/gateway/session_sweep.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

void PresenceDesk::take(const report::ProofOffered& offered) {
  const auto* entry = registry_.find(offered.session);
  if (entry == nullptr) return;
  const SessionGrant& grant = entry->grant;
  const auto& attempt = offered.offer.attempt;
  // Codes and dates on record are of the later clock; the session's own dates are the wall clock's.
  const Now now = clock_.now();
  const WallTime asked = offered.offer.asked;
  const ProofClaim claim{grant.user,     grant.device, grant.serial, attempt.method, asked + clock_.behind(now),
                         grant.authority};
  const auto outcome = proofs_.judge(store_, claim, attempt, clock_.at(now), [&] {
    AuditRecord audit = journal_.record_of("proof.accepted", grant);
    audit.reason = attempt.method;
    return journal_.record(std::move(audit));
  });
  note_judged(grant, outcome.result);
  orders_.tell(offered.session, command::SettleProof{offered.session, outcome});
  if (outcome.result == ProofResult::Accepted) share_proof(*entry, asked);
}

/// An acceptance was recorded before it counted.
void PresenceDesk::note_judged(const SessionGrant& grant, ProofResult result) {
  const bool accepted = result == ProofResult::Accepted;
  ++tally_.proofs[static_cast<std::size_t>(result)];
  const auto now = clock_.now().steady;
  if (grant.budgets && !is_to_be_recorded(result, *grant.budgets, now))
    return losses_.add({grant.device, grant.user, grant.id, {.denials = 1}}, now);
  if (!accepted) {
    AuditRecord audit = journal_.record_of("proof.refused", grant);
    audit.reason = name_of(result);
    (void)journal_.record(std::move(audit));
  }
  log_.event(accepted ? Level::Info : Level::Notice, accepted ? "proof.accepted" : "proof.refused",
             accepted ? "a person proved to be there" : "a code was not accepted",
             {{"user", grant.user.text()}, {"device", grant.device.text()}, {"result", name_of(result)}});
}

void PresenceDesk::share_proof(const SessionRegistry::Entry& proved_on, WallTime proved) {
  auto others = sessions_sharing_proof(registry_, store_, proved_on.grant);
  if (snapshot_.config.sessions.source_change == SourceChange::Prove) {
    std::erase_if(
        others, [&](SessionId id) { return !is_same_place(registry_.find(id)->grant.source, proved_on.grant.source); });
  }
  if (others.empty()) return;
  orders_.tell(command::NoteProof{orders_.open([](Ticket) {}), std::move(others), proved, {}});
}

void PresenceDesk::forget_proofs(const UserId& user, const std::string& event, const std::string& by, bool is_noted,
                                 std::function<void(std::size_t sessions, bool recorded)> when_done) {
  AuditRecord audit;
  audit.event = event;
  audit.user = user.text();
  audit.by = by;
  const bool recorded = is_noted || journal_.record(std::move(audit));
  log_.event(Level::Notice, event, "what a person proves themselves with was changed",
             {{"user", user.text()}, {"by", by}});
  auto sessions = registry_.where([&](const SessionRegistry::Entry& entry) { return entry.grant.user == user; });
  const auto count = sessions.size();
  const auto ticket =
      orders_.open([when_done = std::move(when_done), count, recorded](Ticket) { when_done(count, recorded); });
  orders_.tell(command::NoteProof{ticket, std::move(sessions), std::nullopt, clock_.now().steady});
}

}  // namespace sallyport
