// Certificates, revocation lists, requests, keys and the PEM around them: what a peer or a file may hand us.
#include "common/pki/certificate_info.hpp"
#include "common/pki/csr.hpp"
#include "common/pki/high_water_mark.hpp"
#include "common/pki/identity_mapping.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/private_key.hpp"
#include "common/pki/revocation_list.hpp"
#include "common/pki/trust_bundle.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Whoever a certificate names by whatever mapping, it is a name that may stand in records and commands.
void check_identity(const CertificateInfo& info) {
  static const auto pattern = UriPattern::parse("urn:corp:{user}:{device}").value();
  for (const auto user : {UserSource::Uri, UserSource::Email}) {
    for (const auto device :
         {DeviceSource::Uri, DeviceSource::CommonName, DeviceSource::SubjectSerial, DeviceSource::CertificateSerial}) {
      const auto mapped = map_identity(info, {pattern, user, device});
      if (!mapped) continue;
      require(is_device_id(mapped->device.text()) && is_user_id(mapped->user.text()));
    }
  }
}

void check_certificate(Bytes bytes) {
  const auto info = CertificateInfo::parse(bytes);
  if (!info) return;
  require(std::ranges::equal(info->der, bytes));
  require(is_printable(info->subject) && is_printable(info->issuer) && !info->serial_hex.empty());
  for (const auto& uri : info->uris) require(is_printable(uri));
  for (const auto& email : info->emails) require(is_printable(email));
  const auto again = parse_certificates(to_pem("CERTIFICATE", bytes));
  require(again && again->front().der == info->der && again->front().serial_hex == info->serial_hex);
  (void)info->is_signed_by(info->key);
  check_identity(*info);
}

void check_list(Bytes bytes) {
  const auto list = RevocationList::parse(bytes);
  if (!list) return;
  require(std::is_sorted(list->serials().begin(), list->serials().end()));
  for (const auto& serial : list->serials()) require(list->contains(serial));
}

void check_text(std::string_view text) {
  // Neither an authority nor a list that names no known one is ever trusted.
  const TrustSources sources{std::string{text}, std::string{text}, true, {}};
  if (const auto bundle = TrustBundle::load(sources, WallTime{std::chrono::seconds{1'795'000'000}})) {
    require(!(*bundle)->authorities().empty() && !(*bundle)->revocation_lists().empty());
  }
  if (const auto mark = HighWaterMark::parse(text)) {
    const auto again = HighWaterMark::parse(mark->to_text());
    require(again && *again == *mark);
  }
  (void)PrivateKey::from_pem(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span{data, size});
  check_certificate(bytes);
  check_list(bytes);
  if (const auto csr = Csr::parse(bytes)) require(csr->key.is_acceptable() && is_printable(csr->hint));
  check_text(as_text(bytes));
  return 0;
}
