#include "server/gateway/enrolment_desk.hpp"

#include "common/pki/certs_only.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr double kRenewalBurst = 10;

/// A laptop renews once in a lifetime. Each renewal that comes to nothing leaves a line in the revocation list until
/// that certificate ends, so one device may leave some five hundred there.
double renewals_per_second(std::chrono::seconds lifetime) {
  return 1.0 / std::max(60.0, static_cast<double>(lifetime.count()) / 500.0);
}

}  // namespace

EnrolmentDesk::Answer EnrolmentDesk::serve(const EstAsked& asked, Store& store, const EnrolmentTerms& terms,
                                           const BeforeIssue& before, Now now) {
  auto issued = decide(asked, store, terms, before, now);
  if (!issued) return refuse(std::move(issued.error()));
  ++(asked.peer ? counters_.renewed : counters_.enrolled);
  Answer answer{{}, std::move(issued)};
  append_est_answer(answer.bytes, encode_certs_only({&answer.outcome->der, 1}));
  return answer;
}

EnrolmentDesk::Answer EnrolmentDesk::refuse(EnrolmentFailure failure) {
  ++counters_.refused[static_cast<std::size_t>(failure.refusal)];
  Answer answer{{}, fail(std::move(failure))};
  append_est_refusal(answer.bytes, problem_for(answer.outcome.error().refusal));
  return answer;
}

Result<IssuedDevice, EnrolmentFailure> EnrolmentDesk::decide(const EstAsked& asked, Store& store,
                                                             const EnrolmentTerms& terms, const BeforeIssue& before,
                                                             Now now) {
  if (now.steady >= asked.expires) {
    return fail(EnrolmentFailure{EnrolmentRefusal::CannotIssue, "nobody waits for the answer any more", {}});
  }
  // Before its rate: whoever has an older certificate of a device would use up what the device itself needs.
  if (asked.peer) {
    if (auto refusal = refusal_of_renewal(store, *asked.peer)) return fail(std::move(*refusal));
  }
  const bool may_ask = asked.peer ? may_renew(asked.peer->device, terms.lifetime, now.steady)
                                  : attempts_.admit(asked.source, now.steady);
  if (!may_ask) {
    return fail(
        EnrolmentFailure{EnrolmentRefusal::TooFast, "certificates are asked for faster than the limit allows", {}});
  }
  const auto& request = asked.request;
  if (asked.peer) return renew_device(store, terms, *asked.peer, request.csr, before, now.wall);
  return enroll_device(store, terms, request.credentials, request.csr, before, now.wall);
}

/// Only devices whose certificates count are remembered, so their number is that of the devices at most.
bool EnrolmentDesk::may_renew(const DeviceId& device, std::chrono::seconds lifetime, TimePoint now) {
  std::erase_if(renewals_, [now](const auto& entry) { return entry.second.is_full(now); });
  const double rate = renewals_per_second(lifetime);
  return renewals_.try_emplace(device, rate, kRenewalBurst, now).first->second.take(now);
}

}  // namespace sallyport
