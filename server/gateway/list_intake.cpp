#include "server/gateway/list_intake.hpp"

#include "server/trust/lockout.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sallyport {
namespace {

/// Devices, in words.
constexpr std::size_t kNamed = 10;

/// One fault spoils nothing but itself: all are named, within reason.
std::string words_for(const std::vector<ListFault>& faults) {
  constexpr std::size_t kMost = 3;
  std::string words;
  for (std::size_t i = 0; i < std::min(faults.size(), kMost); ++i)
    words += (i == 0 ? "" : "; ") + faults[i].error.words;
  if (faults.size() > kMost) words += "; and " + std::to_string(faults.size() - kMost) + " more";
  return words;
}

/// Active devices whose newest certificate is on a list now and was not before.
std::vector<DeviceId> newly_revoked(const TrustBundle& before, const TrustBundle& after,
                                    const std::vector<DeviceRecord>& devices) {
  std::vector<DeviceId> revoked;
  for (const auto& device : devices) {
    if (device.state != DeviceState::Active || device.issuer.empty()) continue;
    const bool is_new =
        after.is_revoked_by(device.issuer, device.serial) && !before.is_revoked_by(device.issuer, device.serial);
    if (is_new) revoked.push_back(device.id);
  }
  return revoked;
}

}  // namespace

void ListIntake::watch_revocations(unsigned allow_stranding) {
  auto sources = sources_of(snapshot_.config.authorities);
  const auto round = revocations_.begin(sources, allow_stranding);
  poller_.watch(round, std::move(sources));
}

void ListIntake::take(const SourceReport& report) {
  auto* source = revocations_.find(report);
  if (source == nullptr || is_closed_) return;
  bool is_news = RevocationDesk::note(*source, report);
  if (report.outcome == SourceOutcome::Content) {
    const auto allowed = source->has_content ? 0U : source->allow_stranding;
    auto offer = snapshot_.trust.bundle->offer(source->source.authority, report.lists, clock_.latest());
    std::string error = words_for(offer.faults);
    if (offer.newer) {
      if (auto refused = use_newer_lists(std::move(offer.newer), allowed); !refused) error = refused.error();
    }
    // A server that is told what we have would only say that it is still the same.
    if (!error.empty()) poller_.was_refused(report.round, report.source);
    is_news |= RevocationDesk::settle(*source, report, std::move(error));
  }
  if (!is_news) return;
  const bool is_good = source->error.empty();
  log_.event(is_good ? Level::Notice : Level::Error, is_good ? "revocation.recovered" : "revocation.failed",
             is_good ? "a source of revocation lists is good" : "the last good list stays: " + source->error,
             {{"authority", source->source.authority}, {"source", source->source.place}});
}

/// The error is why they are not used.
Result<void, std::string> ListIntake::use_newer_lists(std::shared_ptr<const TrustBundle> bundle, unsigned allowed) {
  LoadedTrust next = snapshot_.trust;
  next.bundle = std::move(bundle);
  const auto limit = std::max(snapshot_.config.strand_limit, allowed);
  if (const auto strands = trust_.refuse_stranding(next, limit); !strands) return fail(strands.error().front().message);
  auto context = snapshot_.trust.context->with_trust(next.bundle);
  if (!context) return fail(context.error().words);
  next.context = std::make_shared<const ServerContext>(std::move(*context));
  if (const auto kept = remember_lists(snapshot_.config, next); !kept) return fail(to_string(kept.error().front()));
  if (const auto devices = store_.devices()) {
    const auto revoked = newly_revoked(*snapshot_.trust.bundle, *next.bundle, *devices);
    if (!revoked.empty()) {
      log_.event(Level::Warning, "revocation.devices", "a new list revokes known devices",
                 {{"count", revoked.size()}, {"devices", names_of(revoked, kNamed)}});
    }
  }
  const auto kept = unread_.keep(snapshot_.config.revocation_cache(), *next.bundle);
  trust_.use_trust(std::move(next), clock_.now().steady, [](std::size_t) {});
  return kept ? Result<void, std::string>{} : fail(to_string(kept.error()));
}

/// What could not be written when it came is written once that can be.
void ListIntake::keep_unread() {
  if (!unread_.is_behind()) return;
  const auto kept = unread_.keep(snapshot_.config.revocation_cache(), *snapshot_.trust.bundle);
  if (kept) {
    log_.event(Level::Notice, "revocation.recovered", "what cannot be read of revocation lists is on record");
  } else if (unread_complaint_.is_due(clock_.now().wall)) {
    log_.event(Level::Error, "revocation.failed",
               "a restart would forget what cannot be read of revocation lists: " + to_string(kept.error()),
               {{"count", unread_complaint_.take_count()}});
  }
}

}  // namespace sallyport
