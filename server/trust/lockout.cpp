#include "server/trust/lockout.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kNamed = 10;

Lockout lockout_by(const TrustError& problem) {
  switch (problem.problem) {
    case TrustProblem::CaExpired:
    case TrustProblem::CaNotYetValid:
      return Lockout::AuthorityOutOfDate;
    case TrustProblem::CrlExpired:
    case TrustProblem::CrlNotYetValid:
    case TrustProblem::MissingCrl:
      return Lockout::ListOutOfDate;
    case TrustProblem::UnreadCrl:
      return Lockout::ListUnread;
    default:
      return Lockout::UntrustedIssuer;
  }
}

const AuthorityRules* rules_named(const TrustBundle& bundle, const std::string& name) {
  const auto found = std::find_if(bundle.rules().begin(), bundle.rules().end(),
                                  [&name](const AuthorityRules& rules) { return rules.name == name; });
  return found == bundle.rules().end() ? nullptr : &*found;
}

/// Of a device that was never seen nobody knows which certificate of its authority will have signed: one must do.
std::optional<Lockout> lockout_by_any(const std::string& name, const TrustBundle& bundle, WallTime now) {
  std::optional<Lockout> first = Lockout::UntrustedIssuer;
  for (const auto& authority : bundle.authorities()) {
    if (bundle.rules_of(authority).name != name) continue;
    const auto problem = bundle.problem_of(authority, now);
    if (!problem) return std::nullopt;
    first = lockout_by(*problem);
  }
  return first;
}

/// By files that were changed, not by time.
bool is_by_change(Lockout lockout) { return lockout == Lockout::UntrustedIssuer || lockout == Lockout::UserNotAllowed; }

/// A laptop knows the authorities that it was given; those the gateway did not trust before it cannot know.
bool is_gateway_unknown(const std::optional<TrustView>& before, const TrustView& after) {
  if (!before || before->gateway_issuer.empty() || after.gateway_issuer.empty()) return false;
  return before->gateway_issuer != after.gateway_issuer &&
         before->bundle->authority_with(after.gateway_issuer) == nullptr;
}

}  // namespace

std::string_view words_for(Lockout lockout) noexcept {
  switch (lockout) {
    case Lockout::UntrustedIssuer:
      return "what signed its certificate is trusted no more";
    case Lockout::UserNotAllowed:
      return "its authority may not name its person";
    case Lockout::AuthorityOutOfDate:
      return "its authority is out of date";
    case Lockout::ListOutOfDate:
      return "its authority has no revocation list that is good now";
    case Lockout::ListUnread:
      return "the revocation list of its authority cannot be read";
    case Lockout::GatewayUnknown:
      return "it knows the gateway by another authority";
  }
  return "unknown";
}

std::optional<Lockout> lockout_of(const DeviceRecord& device, const TrustBundle& bundle, WallTime now) {
  const AuthorityRules* rules = rules_named(bundle, device.authority);
  if (rules == nullptr) return Lockout::UntrustedIssuer;
  if (!rules->is_own() && !rules->may_name(device.user)) return Lockout::UserNotAllowed;
  if (device.issuer.empty()) return lockout_by_any(device.authority, bundle, now);
  const CertificateInfo* issuer = bundle.authority_with(device.issuer);
  if (issuer == nullptr || bundle.rules_of(*issuer).name != device.authority) return Lockout::UntrustedIssuer;
  const auto problem = bundle.problem_of(*issuer, now);
  return problem ? std::optional{lockout_by(*problem)} : std::nullopt;
}

bool may_strand(const TrustView& before, const TrustView& after, WallTime now) {
  if (is_gateway_unknown(before, after)) return true;
  const auto& old = *before.bundle;
  return std::any_of(old.authorities().begin(), old.authorities().end(), [&](const CertificateInfo& authority) {
    if (old.problem_of(authority, now)) return false;
    const CertificateInfo* same = after.bundle->authority_with(old.id_of(authority));
    if (same == nullptr || after.bundle->problem_of(*same, now)) return true;
    const auto& rules = after.bundle->rules_of(*same);
    return rules.name != old.rules_of(authority).name || rules.users != old.rules_of(authority).users;
  });
}

std::vector<StrandedDevice> stranded_by(const std::optional<TrustView>& before, const TrustView& after,
                                        const std::vector<DeviceRecord>& devices, WallTime now) {
  std::vector<StrandedDevice> stranded;
  const bool loses_gateway = is_gateway_unknown(before, after);
  for (const auto& device : devices) {
    const bool has_ended = device.has_certificate() && device.not_after < now;
    if (device.state != DeviceState::Active || device.user_disabled || has_ended) continue;
    if (before && lockout_of(device, *before->bundle, now)) continue;
    auto lockout = lockout_of(device, *after.bundle, now);
    const bool is_held_up = before ? lockout != Lockout::ListUnread : lockout && is_by_change(*lockout);
    if (!is_held_up) lockout.reset();
    if (!lockout && loses_gateway) lockout = Lockout::GatewayUnknown;
    if (lockout) stranded.push_back({device.id, device.user, *lockout});
  }
  return stranded;
}

std::string names_of(const std::vector<StrandedDevice>& stranded) {
  std::string names;
  for (std::size_t i = 0; i < std::min(stranded.size(), kNamed); ++i) {
    names += fmt::format("{}{} of {} ({})", i == 0 ? "" : ", ", stranded[i].device.text(), stranded[i].user.text(),
                         words_for(stranded[i].lockout));
  }
  if (stranded.size() > kNamed) names += fmt::format(" and {} more", stranded.size() - kNamed);
  return names;
}

Diagnostic stranding_refused(const std::vector<StrandedDevice>& stranded, std::size_t limit, std::string_view file,
                             std::string_view command) {
  return Diagnostic{
      .file = std::string{file},
      .message = fmt::format("would lock out {} known device{}, more than strand_limit = {} allows: {}",
                             stranded.size(), stranded.size() == 1 ? "" : "s", limit, names_of(stranded)),
      .hint = fmt::format("if that is meant: {} {}, or strand_limit in the configuration", command, stranded.size())};
}

}  // namespace sallyport
