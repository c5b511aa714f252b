#include "server/enrolment/enrolment.hpp"

#include "common/base/text.hpp"
#include "common/pki/csr.hpp"
#include "common/pki/succession.hpp"
#include "server/enrolment/device_name.hpp"
#include "server/enrolment/drill_identity.hpp"
#include "server/enrolment/token.hpp"

#include <utility>

namespace sallyport {
namespace {

constexpr int kNameTries = 8;

template <class T>
using Outcome = Result<T, EnrolmentFailure>;

auto refuse(EnrolmentRefusal refusal, std::string words, std::string token_id = {}) {
  return fail(EnrolmentFailure{refusal, std::move(words), std::move(token_id)});
}

EnrolmentRefusal refusal_of(StoreProblem problem) noexcept {
  switch (problem) {
    case StoreProblem::UnknownToken:
      return EnrolmentRefusal::UnknownToken;
    case StoreProblem::TokenExpired:
      return EnrolmentRefusal::TokenExpired;
    case StoreProblem::TokenUsedUp:
      return EnrolmentRefusal::TokenUsedUp;
    case StoreProblem::TokenRevoked:
      return EnrolmentRefusal::TokenRevoked;
    case StoreProblem::AlreadyEnrolled:
      return EnrolmentRefusal::DeviceExists;
    case StoreProblem::UnknownDevice:
      return EnrolmentRefusal::UnknownDevice;
    case StoreProblem::NotActive:
      return EnrolmentRefusal::DeviceDisabled;
    case StoreProblem::UserDisabled:
      return EnrolmentRefusal::UserDisabled;
    case StoreProblem::Revoked:
      return EnrolmentRefusal::DeviceRevoked;
    case StoreProblem::StaleCertificate:
      return EnrolmentRefusal::StaleCertificate;
    case StoreProblem::Conflict:
      return EnrolmentRefusal::WrongUser;
    default:
      return EnrolmentRefusal::StoreUnavailable;
  }
}

auto refuse(const StoreError& error, std::string token_id = {}) {
  return refuse(refusal_of(error.problem), error.words, std::move(token_id));
}

Outcome<Csr> read_request(Bytes csr, const std::string& token_id) {
  auto request = Csr::parse(csr);
  if (!request) return refuse(EnrolmentRefusal::BadRequest, request.error().words, token_id);
  return std::move(*request);
}

Outcome<IssuedDevice> issue(const EnrolmentTerms& terms, const PublicKey& key, const DeviceId& device,
                            const UserId& user, std::string token_id, WallTime now) {
  const auto& authority = *terms.authority;
  auto issued = authority.issue_device(key, {device, user, authority.trust_domain(), terms.lifetime}, now);
  if (!issued) return refuse(EnrolmentRefusal::CannotIssue, issued.error().words, std::move(token_id));
  const auto& info = issued->info;
  return IssuedDevice{device,
                      user,
                      info.serial_hex,
                      info.not_after,
                      info.der,
                      std::move(token_id),
                      fingerprint_of(authority.certificate().der)};
}

/// The administrator's choice, or a name that no device ever had.
Outcome<DeviceId> choose_device(Store& store, const TokenRecord& token) {
  if (is_drill(token.grant.user))
    return refuse(EnrolmentRefusal::UnknownDevice, "no token enrols a drill's device", token.id);
  if (const auto allowed = store.check_user(token.grant.user); !allowed) return refuse(allowed.error(), token.id);
  if (!token.grant.device.empty()) {
    const auto allowed = store.check_enrolment(token.grant.device, token.grant.replace);
    if (!allowed) return refuse(allowed.error(), token.id);
    return token.grant.device;
  }
  for (int i = 0; i < kNameTries; ++i) {
    auto name = random_device_name(token.grant.user);
    if (!name) return refuse(EnrolmentRefusal::CannotIssue, name.error().words, token.id);
    const auto known = store.device(*name);
    if (!known) return refuse(known.error(), token.id);
    if (!*known) return std::move(*name);
  }
  return refuse(EnrolmentRefusal::CannotIssue, "no free name was found for a device", token.id);
}

Outcome<TokenRecord> find_token(Store& store, const EstCredentials& credentials, const TokenHash& hash, WallTime now) {
  auto token = store.usable_token(hash, now);
  if (!token) return refuse(token.error());
  if (credentials.user.empty() || lower_ascii(credentials.user) == token->grant.user.text()) return std::move(*token);
  return refuse(EnrolmentRefusal::TokenOfAnother, "the token is not of the person that was named", token->id);
}

}  // namespace

Result<IssuedDevice, EnrolmentFailure> enroll_device(Store& store, const EnrolmentTerms& terms,
                                                     const std::optional<EstCredentials>& credentials, Bytes csr,
                                                     const BeforeIssue& before, WallTime now) {
  if (!credentials) return refuse(EnrolmentRefusal::NoToken, "no token was shown");
  const auto hash = hash_of_token(credentials->token);
  if (!hash) return refuse(EnrolmentRefusal::CannotIssue, hash.error().words);
  const auto token = find_token(store, *credentials, *hash, now);
  if (!token) return fail(token.error());
  const auto request = read_request(csr, token->id);
  if (!request) return fail(request.error());
  const auto device = choose_device(store, *token);
  if (!device) return fail(device.error());
  auto issued = issue(terms, request->key, *device, token->grant.user, token->id, now);
  if (!issued) return issued;
  if (!before(*issued)) return refuse(EnrolmentRefusal::AuditUnavailable, "no audit record can be written", token->id);
  const auto recorded = store.enroll_by_token(
      *hash, {issued->device, issued->user, issued->serial, issued->not_after, issued->issuer}, now);
  if (!recorded) return refuse(recorded.error(), token->id);
  return issued;
}

std::optional<EnrolmentFailure> refusal_of_renewal(Store& store, const PeerIdentity& peer) {
  if (is_drill(peer.user))
    return EnrolmentFailure{EnrolmentRefusal::UnknownDevice, "a drill's certificate is not renewed", {}};
  const auto allowed = store.check_renewal({peer.device, peer.user, peer.serial_hex, {}, {}, {}});
  if (allowed) return std::nullopt;
  return EnrolmentFailure{refusal_of(allowed.error().problem), allowed.error().words, {}};
}

Result<IssuedDevice, EnrolmentFailure> renew_device(Store& store, const EnrolmentTerms& terms, const PeerIdentity& peer,
                                                    Bytes csr, const BeforeIssue& before, WallTime now) {
  if (auto refusal = refusal_of_renewal(store, peer)) return fail(std::move(*refusal));
  const auto request = read_request(csr, {});
  if (!request) return fail(request.error());
  auto issued = issue(terms, request->key, peer.device, peer.user, {}, now);
  if (!issued) return issued;
  if (!before(*issued)) return refuse(EnrolmentRefusal::AuditUnavailable, "no audit record can be written");
  const Renewal renewal{peer.device, peer.user, peer.serial_hex, issued->serial, issued->not_after, issued->issuer};
  if (const auto recorded = store.renew(renewal, now); !recorded) return refuse(recorded.error());
  return issued;
}

}  // namespace sallyport
