#include "server/gateway/enrolment_desk.hpp"

#include "common/pki/certs_only.hpp"

#include <utility>

namespace sallyport {
namespace {

/// A laptop renews once in a month or two. Each renewal that comes to nothing leaves a line in the revocation list.
constexpr double kRenewalsPerSecond = 1.0 / 60;
constexpr double kRenewalBurst = 10;

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
  const bool may_ask =
      asked.peer ? may_renew(asked.peer->device, now.steady) : attempts_.admit(asked.source, now.steady);
  if (!may_ask) {
    return fail(
        EnrolmentFailure{EnrolmentRefusal::TooFast, "certificates are asked for faster than the limit allows", {}});
  }
  const auto& request = asked.request;
  if (asked.peer) return renew_device(store, terms, *asked.peer, request.csr, before, now.wall);
  return enroll_device(store, terms, request.credentials, request.csr, before, now.wall);
}

/// Only devices whose certificates were verified are remembered, so their number is that of the devices at most.
bool EnrolmentDesk::may_renew(const DeviceId& device, TimePoint now) {
  std::erase_if(renewals_, [now](const auto& entry) { return entry.second.is_full(now); });
  return renewals_.try_emplace(device, kRenewalsPerSecond, kRenewalBurst, now).first->second.take(now);
}

}  // namespace sallyport
