#include "server/ctl/signing_authority.hpp"

#include "server/authority/rotation.hpp"

namespace sallyport {
namespace {

Result<CertificateAuthority, std::string> load(const AuthorityFiles& files) {
  auto authority = CertificateAuthority::load(files.certificate, files.key);
  if (!authority) return fail(authority.error().words);
  return std::move(*authority);
}

}  // namespace

Result<CertificateAuthority, std::string> load_signing_authority(const GatewayConfig& config) {
  const auto rotation = load_rotation(config);
  if (!rotation) return fail(to_string(rotation.error()));
  return load(signing_files(config, *rotation));
}

Result<EnrollingAuthority, std::string> load_enrolling_authority(const GatewayConfig& config) {
  const auto rotation = load_rotation(config);
  if (!rotation) return fail(to_string(rotation.error()));
  const RotationFiles files{config};
  const bool by_next = rotation->phase == RotationPhase::Issuing;
  auto authority = load(by_next ? AuthorityFiles{files.certificate, files.key} : signing_files(config, *rotation));
  if (!authority) return fail(authority.error());
  return EnrollingAuthority{std::move(*authority), by_next ? files.both : config.ca};
}

}  // namespace sallyport
