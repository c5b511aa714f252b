#include "tests/bench/crowd/crowd_devices.hpp"

#include "common/pki/certificate_authority.hpp"
#include "server/store/store.hpp"
#include "tests/bench/crowd/must.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace sallyport {
namespace {

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

}  // namespace

std::vector<CrowdDevice> make_crowd_devices(const std::string& state, std::size_t count) {
  const WallTime now = wall_now();
  const auto authority = must(CertificateAuthority::load(state + "/ca"));
  auto store = must(Store::open_or_create(state + "/gateway.db"));
  const auto trust = must(TrustBundle::load(
      {.ca_pem = authority.certificate_pem(), .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now));
  std::vector<CrowdDevice> devices;
  for (std::size_t i = 0; i < count; ++i) {
    const DeviceId device{"laptop-" + std::to_string(i)};
    const UserId user{"person-" + std::to_string(i) + "@" + authority.trust_domain()};
    auto key = must(PrivateKey::generate(KeyKind::P256));
    auto issued = must(authority.issue_device(key.public_key(), {device, user, authority.trust_domain()}, now));
    must(store.enroll({device, user, issued.info.serial_hex, issued.info.not_after}, Replace::Yes, now));
    auto credentials = must(Credentials::make(issued.pem, std::move(key)));
    devices.push_back({must(ClientContext::make(trust, std::make_shared<const Credentials>(std::move(credentials))))});
  }
  return devices;
}

}  // namespace sallyport
