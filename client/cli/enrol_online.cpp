#include "client/cli/enrol_online.hpp"

#include "client/cli/est_call.hpp"
#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "common/pki/certs_only.hpp"
#include "common/pki/csr.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/sha256.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

/// What the request calls the device; the gateway does not look at it.
constexpr std::string_view kHint = "sallyport";
constexpr std::size_t kMaxAuthority = std::size_t{256} << 10U;

auto failed(std::string words) { return fail(EstFailure{"enrol_failed", std::move(words)}); }

std::string authority_of(const OnlineEnrolment& enrolment) {
  constexpr std::uint16_t kHttps = 443;
  const auto& port = enrolment.place.port;
  return port == kHttps ? enrolment.server_name : enrolment.server_name + ':' + std::to_string(port);
}

/// Whoever answered: the one certificate whose digest was told beforehand is what it says it is.
Result<std::string, EstFailure> fetch_authority(const OnlineEnrolment& enrolment, PathLimits& paths, WallTime now) {
  const auto context = BlindContext::make();
  if (!context) return failed(to_string(context.error()));
  ByteBuffer request;
  append_est_request(request, authority_of(enrolment), {EstOperation::CaCerts, {}, {}});
  const auto response = call_est(
      enrolment.place, [&] { return Engine::connect_blindly(*context, enrolment.server_name, now); }, request, paths);
  if (!response) return fail(response.error());
  if (auto failure = failure_of(*response)) return fail(std::move(*failure));
  const auto certificates = parse_certs_only(response->certs_only);
  if (!certificates) return fail(EstFailure{"bad_answer", certificates.error().words});
  for (const auto& certificate : *certificates) {
    const auto digest = sha256(certificate);
    if (digest && to_hex(*digest) == enrolment.pin) return to_pem("CERTIFICATE", certificate);
  }
  return fail(EstFailure{"gateway_untrusted", enrolment.place.to_string() +
                                                  " has another authority than the --pin says: the pin is mistyped or "
                                                  "old, or this is not your gateway"});
}

Result<std::string, EstFailure> authority_pem(const OnlineEnrolment& enrolment, PathLimits& paths, WallTime now) {
  if (enrolment.ca_path.empty()) return fetch_authority(enrolment, paths, now);
  auto text = read_file(enrolment.ca_path, kMaxAuthority);
  if (!text) return failed(to_string(text.error()));
  return std::move(*text);
}

/// A token is not to be spent on a device that cannot keep what it buys.
Result<void, EstFailure> check_places(const DeviceFiles& files) {
  for (const auto& path : {files.ca, files.certificate, files.is_on_token() ? files.certificate : files.key}) {
    const auto folder = parent_of(path);
    if (const auto made = make_directories(folder, 0700); !made) return failed(to_string(made.error()));
    if (::access(folder.c_str(), W_OK) != 0) return failed(folder + ": cannot be written: " + std::strerror(errno));
  }
  return {};
}

Result<std::string, EstFailure> buy_certificate(const OnlineEnrolment& enrolment, const std::string& ca_pem,
                                                const SigningKey& key, PathLimits& paths, WallTime now) {
  const auto trust =
      TrustBundle::load({.ca_pem = ca_pem, .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  if (!trust) return failed("the authority cannot be used: " + to_string(trust.error()));
  const auto context = VisitorContext::make(*trust);
  if (!context) return failed(to_string(context.error()));
  const auto csr_pem = make_csr(key, kHint);
  if (!csr_pem) return failed(to_string(csr_pem.error()));
  const auto csr = from_pem("CERTIFICATE REQUEST", *csr_pem);
  if (!csr || csr->empty()) return failed("the signing request cannot be made");
  ByteBuffer request;
  append_est_request(request, authority_of(enrolment),
                     {EstOperation::Enroll, EstCredentials{{}, enrolment.token}, csr->front()});
  const auto response = call_est(
      enrolment.place, [&] { return Engine::visit(*context, enrolment.server_name, now); }, request, paths);
  if (!response) return fail(response.error());
  if (auto failure = failure_of(*response)) return fail(std::move(*failure));
  return certificate_of(*response);
}

Result<PeerIdentity, EstFailure> buy_and_store(const OnlineEnrolment& enrolment, const DeviceFiles& files,
                                               const std::string& ca_pem, const DeviceKey& key,
                                               const std::shared_ptr<Token>& token, PathLimits& paths, WallTime now) {
  const auto certificate = buy_certificate(enrolment, ca_pem, signing_key(key), paths, now);
  if (!certificate) return fail(certificate.error());
  auto identity = check_identity(*certificate, signing_key(key), ca_pem, now);
  if (!identity) return failed(identity.error());
  if (const auto done = install_pair(files, ca_pem, key, *certificate, token); !done) return failed(done.error());
  return std::move(*identity);
}

}  // namespace

Result<PeerIdentity, EstFailure> enrol_online(const OnlineEnrolment& enrolment, const DeviceFiles& files,
                                              const KeyMaker& make_key, const std::shared_ptr<Token>& token,
                                              WallTime now) {
  if (auto checked = check_places(files); !checked) return fail(checked.error());
  PathLimits paths;
  const auto ca_pem = authority_pem(enrolment, paths, now);
  if (!ca_pem) return fail(ca_pem.error());
  const auto key = make_key();
  if (!key) return fail(key.error());
  auto identity = buy_and_store(enrolment, files, *ca_pem, *key, token, paths, now);
  if (!token) return identity;
  if (!identity) {
    (void)drop_pending_key(files, *token);
    return identity;
  }
  if (auto found = token->find(signing_key(*key).public_key()); !found) return failed(to_string(found.error()));
  return identity;
}

}  // namespace sallyport
