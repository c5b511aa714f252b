#include "common/tls/rehearsal.hpp"

#include "common/pki/certificate_authority.hpp"
#include "common/tls/engine.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sallyport {
namespace {

/// Of no domain that anybody has (RFC 2606).
constexpr const char* kName = "rehearsal.invalid";
/// A gateway's first answer and a laptop's, and one more.
constexpr int kTurns = 4;
constexpr std::size_t kWords = 256;

std::shared_ptr<const Credentials> credentials_of(const Result<IssuedCertificate, PkiError>& issued, PrivateKey key) {
  if (!issued) return nullptr;
  auto credentials = Credentials::make(issued->pem, std::move(key));
  return credentials ? std::make_shared<const Credentials>(std::move(*credentials)) : nullptr;
}

struct Ends {
  std::unique_ptr<Engine> gateway;
  std::unique_ptr<Engine> laptop;
};

std::optional<Ends> make_ends(WallTime now) {
  const auto authority = CertificateAuthority::create({kName, kName}, now);
  auto gateway_key = PrivateKey::generate(KeyKind::P256);
  auto laptop_key = PrivateKey::generate(KeyKind::P256);
  if (!authority || !gateway_key || !laptop_key) return std::nullopt;
  const auto gateway_certificate = authority->issue_gateway(gateway_key->public_key(), {kName, {}}, now);
  const auto laptop_certificate = authority->issue_device(
      laptop_key->public_key(), {DeviceId{"rehearsal"}, UserId{"nobody@rehearsal.invalid"}, kName}, now);
  const auto gateway = credentials_of(gateway_certificate, std::move(*gateway_key));
  const auto laptop = credentials_of(laptop_certificate, std::move(*laptop_key));
  const auto trust = TrustBundle::load(
      {.ca_pem = authority->certificate_pem(), .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  if (!gateway || !laptop || !trust) return std::nullopt;
  const auto server = ServerContext::make(*trust, gateway, kName);
  const auto client = ClientContext::make(*trust, laptop);
  if (!server || !client) return std::nullopt;
  auto accepts = Engine::accept(*server, now);
  auto connects = Engine::connect(*client, kName, now);
  if (!accepts || !connects) return std::nullopt;
  return Ends{std::move(*accepts), std::move(*connects)};
}

/// True when `to` is done.
bool pass(Engine& from, Engine& to) {
  const ByteBuffer flight = std::exchange(from.outbox(), {});
  to.feed(flight);
  const auto done = to.handshake();
  return done && *done;
}

/// A little of what follows a handshake.
bool talk(Engine& from, Engine& to) {
  ByteBuffer words(kWords);
  if (!from.write(words)) return false;
  const ByteBuffer flight = std::exchange(from.outbox(), {});
  to.feed(flight);
  const auto heard = to.read_all(words);
  return heard && *heard == kWords;
}

}  // namespace

bool rehearse_handshake(WallTime now) {
  const auto ends = make_ends(now);
  if (!ends || !ends->laptop->handshake()) return false;
  for (int turn = 0; turn < kTurns; ++turn) {
    const bool is_gateway_done = pass(*ends->laptop, *ends->gateway);
    const bool is_laptop_done = pass(*ends->gateway, *ends->laptop);
    if (is_gateway_done && is_laptop_done)
      return talk(*ends->laptop, *ends->gateway) && talk(*ends->gateway, *ends->laptop);
  }
  return false;
}

}  // namespace sallyport
