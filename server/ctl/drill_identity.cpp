#include "server/ctl/drill_identity.hpp"

#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "common/pki/certificate_authority.hpp"
#include "common/pki/random.hpp"
#include "server/ctl/signing_authority.hpp"
#include "server/enrolment/drill_identity.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace sallyport {
namespace {

WallTime wall_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

Result<std::string, std::string> random_name() {
  std::array<std::byte, 6> octets{};
  if (auto filled = fill_random(octets); !filled) return fail(filled.error().words);
  return std::string{kDrillDevicePrefix} + to_hex(octets);
}

Result<ClientContext, std::string> context_of(const GatewayConfig& config, const IssuedCertificate& certificate,
                                              PrivateKey key, WallTime now) {
  auto ca = read_file(config.ca);
  if (!ca) return fail(to_string(ca.error()));
  auto trust =
      TrustBundle::load({.ca_pem = std::move(*ca), .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  if (!trust) return fail(trust.error().words);
  auto credentials = Credentials::make(certificate.pem, std::move(key));
  if (!credentials) return fail(credentials.error().words);
  auto context = ClientContext::make(std::move(*trust), std::make_shared<const Credentials>(std::move(*credentials)));
  if (!context) return fail(context.error().words);
  return std::move(*context);
}

}  // namespace

Result<DrillDevice, std::string> DrillDevice::issue(const GatewayConfig& config, Store& store, WallTime now) {
  const UserId nobody{std::string{kDrillUser}};
  if (auto swept = store.forget_devices_of(nobody, now); !swept) return fail(swept.error().words);
  const auto authority = load_signing_authority(config);
  if (!authority) return fail("a drill needs the authority that certifies its device: " + authority.error());
  auto key = PrivateKey::generate(KeyKind::P256);
  if (!key) return fail(key.error().words);
  const auto name = random_name();
  if (!name) return fail(name.error());
  const DeviceId id{*name};
  const auto issued =
      authority->issue_device(key->public_key(), {id, nobody, config.trust_domain, kDrillLifetime}, now);
  if (!issued) return fail(issued.error().words);
  auto context = context_of(config, *issued, std::move(*key), now);
  if (!context) return fail(context.error());
  const Enrolment enrolment{id, nobody, issued->info.serial_hex, issued->info.not_after};
  if (auto done = store.enroll(enrolment, Replace::No, now); !done) return fail(done.error().words);
  return DrillDevice{store, id, std::move(*context)};
}

DrillDevice::DrillDevice(DrillDevice&& other) noexcept
    : store_{std::exchange(other.store_, nullptr)}, id_{std::move(other.id_)}, context_{std::move(other.context_)} {}

/// When it fails, the next drill and the next start of the gateway do it.
DrillDevice::~DrillDevice() {
  if (store_ != nullptr) (void)store_->forget_devices_of(UserId{std::string{kDrillUser}}, wall_now());
}

}  // namespace sallyport
