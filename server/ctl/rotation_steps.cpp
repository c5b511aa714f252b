#include "server/ctl/rotation_steps.hpp"

#include "common/base/hex.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/succession.hpp"
#include "server/authority/rotated_trust.hpp"
#include "server/ctl/revocation.hpp"
#include "server/ctl/signing_authority.hpp"
#include "server/ctl/state_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kDirectoryMode = 0711;
constexpr mode_t kPublic = 0644;
constexpr mode_t kSecret = 0600;
/// What one authority signed for the next is made anew when it ends this soon.
constexpr std::chrono::days kVouchAnew{30};
constexpr std::size_t kMaxName = 64;

using Outcome = Result<Rotation, std::string>;
using Done = Result<void, std::string>;

Done said(const Result<void, FileError>& done) { return done ? Done{} : Done{fail(to_string(done.error()))}; }

/// The owner and mode that a file has, so that whoever reads it now can read what takes its place.
struct Keeper {
  std::optional<struct stat> before;
  explicit Keeper(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) before = status;
  }
  [[nodiscard]] mode_t mode(mode_t fresh) const { return before ? before->st_mode & 0777U : fresh; }
  /// Only root can give files away.
  [[nodiscard]] Done give(const std::string& path) const {
    if (!before || ::geteuid() != 0) return {};
    return said(give_file(path, before->st_uid, before->st_gid));
  }
};

Done replace_file(const std::string& path, std::string_view content, mode_t mode) {
  const Keeper keeper{path};
  if (auto done = write_file_atomically(path, content, keeper.mode(mode)); !done) return said(done);
  return keeper.give(path);
}

/// What is in it is there by root's will.
bool is_roots(const std::string& directory) {
  struct stat status {};
  return ::stat(directory.c_str(), &status) == 0 && status.st_uid == 0 && (status.st_mode & 0022U) == 0;
}

/// Whoever else may write in the state directory, the gateway's user as a rule, can put another directory in the place
/// of the authority's, or have any other user make one there, with a key of its own in it: that is no reason to get the
/// next key, which stays root's. With [enrolment] the gateway has it anyhow.
Done give_key(const GatewayConfig& config, const Keeper& keeper, const std::string& path) {
  if (!config.enrolment && !(is_roots(config.state) && is_roots(config.ca_directory()))) return {};
  return keeper.give(path);
}

Done replace_key(const GatewayConfig& config, const std::string& path, const PrivateKey& key) {
  const Keeper keeper{path};
  if (auto done = key.store(path); !done) return fail(done.error().words);
  return give_key(config, keeper, path);
}

Done remove_next(const GatewayConfig& config) {
  const RotationFiles files{config};
  std::error_code error;
  fs::remove_all(files.directory, error);
  if (!error && files.issuing_key != files.key) fs::remove(files.issuing_key, error);
  return error ? Done{fail(files.directory + ": cannot be removed: " + error.message())} : Done{};
}

/// No other authority of this host was ever called so: of one name there is one authority, and one list.
std::string name_of_next(const GatewayConfig& config, std::uint64_t generation) {
  const auto suffix = " device authority " + std::to_string(generation);
  return config.trust_domain.substr(0, kMaxName - std::min(kMaxName, suffix.size())) + suffix;
}

Done write_vouched(const GatewayConfig& config, const CertificateAuthority& authority, const CertificateInfo& next,
                   WallTime now) {
  const auto vouched = vouch_for(authority, next, now);
  if (!vouched) return fail(vouched.error().words);
  return said(write_file_atomically(RotationFiles{config}.vouched, to_pem("CERTIFICATE", *vouched), kPublic));
}

/// A copy of the next key for the gateway's user, where it has one of the present key.
Done hand_out_key(const GatewayConfig& config, const PrivateKey& key) {
  const RotationFiles files{config};
  if (files.issuing_key == files.key) return give_key(config, Keeper{config.ca_directory() + "/ca.key"}, files.key);
  return said(write_for_gateway(config, files.issuing_key, key.to_pem(), kSecret));
}

/// What is left of an attempt that never counted goes first.
Done make_next(const GatewayConfig& config, Store& store, const CertificateAuthority& authority,
               const CaProfile& profile, WallTime now) {
  const RotationFiles files{config};
  if (auto removed = remove_next(config); !removed) return removed;
  const auto next = CertificateAuthority::init(files.directory, profile, now);
  if (!next) return fail(next.error().words);
  if (::chmod(files.directory.c_str(), kDirectoryMode) != 0) {
    return fail(files.directory + ": cannot be given its mode: " + std::strerror(errno));
  }
  if (auto done = write_vouched(config, authority, next->certificate(), now); !done) return done;
  const auto both = authority.certificate_pem() + next->certificate_pem();
  if (auto done = write_file_atomically(files.both, both, kPublic); !done) return said(done);
  const std::array issuers{ListIssuer{&*next, files.list}};
  const auto list = publish_lists(config, store, issuers, kDefaultCrlLifetime, now);
  if (!list) return fail(list.error());
  return hand_out_key(config, next->key());
}

Result<CertificateInfo, std::string> read_certificate(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(to_string(text.error()));
  auto certificates = parse_certificates(*text);
  if (!certificates) return fail(path + ": " + certificates.error().words);
  return std::move(certificates->front());
}

/// Empty when the library fails: the record then names the certificate alone.
std::string key_id_of(const CertificateInfo& authority) {
  const auto id = authority.key.key_id();
  return id ? to_hex(*id) : std::string{};
}

/// Laptops let the retired ones go on the word of an authority that stays, not on a gateway's.
Done retire(Rotation& rotation, const std::string& fingerprint, const std::string& key_id,
            const CertificateAuthority& stays) {
  rotation.retire(fingerprint, key_id);
  auto retirement = sign_retirement(stays.key(), rotation.retired);
  if (!retirement) return fail(retirement.error().words);
  rotation.retirement = std::move(*retirement);
  return {};
}

/// Both the gateway and the laptops know the present authority by the file of the configuration.
Done check_present(const GatewayConfig& config, const CertificateAuthority& authority, WallTime now) {
  const auto text = read_file(config.ca);
  if (!text) return fail(to_string(text.error()));
  const auto trusted = parse_certificates(*text);
  if (!trusted) return fail(config.ca + ": " + trusted.error().words);
  const bool is_trusted = std::any_of(trusted->begin(), trusted->end(),
                                      [&](const CertificateInfo& ca) { return ca.der == authority.certificate().der; });
  if (config.enrolment) {
    const auto issuing = read_certificate(config.enrolment->ca_certificate);
    if (!issuing) return fail(issuing.error());
    if (issuing->der != authority.certificate().der) {
      return fail("[enrolment] certifies by another authority (" + config.enrolment->ca_certificate +
                  ") than the one in " + config.ca_directory());
    }
  }
  if (!is_trusted) {
    return fail("the authority in " + config.ca_directory() + " is not among those in " + config.ca +
                ": what it signs for the next one would mean nothing");
  }
  if (authority.certificate().is_valid_at(now)) return {};
  return fail(std::string{"the authority has run out and can vouch for no other one; make a new one and enrol again"});
}

Outcome refresh(const GatewayConfig& config, Store& store, const CertificateAuthority& authority,
                const Rotation& rotation, WallTime now) {
  const RotationFiles files{config};
  const auto vouched = read_certificate(files.vouched);
  if (!vouched || vouched->not_after < now + kVouchAnew) {
    const auto next = read_certificate(files.certificate);
    if (!next) return fail(next.error());
    if (auto done = write_vouched(config, authority, *next, now); !done) return fail(done.error());
  }
  const auto list = publish_revocations(config, store, authority, kDefaultCrlLifetime, now);
  if (!list) return fail(list.error());
  return rotation;
}

/// The gateway's certificate by the next authority, for the key it has and for as long as the one it has. One of
/// another authority stays what it is.
Done certify_gateway(const GatewayConfig& config, Store& store, const CertificateAuthority& before,
                     const CertificateAuthority& next, WallTime now) {
  const auto own = read_certificate(config.certificate);
  if (!own) return fail(own.error());
  if (!own->is_signed_by(before.certificate().key)) return {};
  const auto key = PrivateKey::load(config.key);
  if (!key) return fail(key.error().words);
  const auto lifetime =
      std::max(std::chrono::floor<std::chrono::days>(own->not_after - own->not_before), std::chrono::days{1});
  const auto issued = next.issue_gateway(key->public_key(), {config.name, own->addresses, lifetime}, now);
  if (!issued) return fail(issued.error().words);
  const CertificateRecord record{issued->info.serial_hex, CertificateKind::Gateway, {}, issued->info.not_after, {}};
  if (auto recorded = store.record_certificate(record); !recorded) return fail(recorded.error().words);
  return said(write_file_atomically(RotationFiles{config}.gateway, issued->pem, kPublic));
}

/// The key of before is of no use here any more; whether it is destroyed is the administrator's decision.
Done keep_aside(const GatewayConfig& config, const Rotation& rotation) {
  const auto certificate = config.ca_directory() + "/ca.pem";
  const auto present = read_certificate(certificate);
  if (!present) return fail(present.error());
  if (fingerprint_of(present->der) != rotation.current) return {};
  const auto aside = retired_directory(config, rotation.current);
  if (auto made = make_directories(aside, 0700); !made) return said(made);
  const auto key = PrivateKey::load(config.ca_directory() + "/ca.key");
  // A process that died on the way has put the next key there already.
  if (!key || !(key->public_key() == present->key)) return {};
  if (auto stored = key->store(aside + "/ca.key"); !stored) return fail(stored.error().words);
  return said(write_file_atomically(aside + "/ca.pem", to_pem("CERTIFICATE", present->der), kPublic));
}

/// What is trusted now becomes what the configuration's own files say.
Done write_trust(const GatewayConfig& config, const Rotation& rotation) {
  auto ca = read_file(config.ca);
  if (!ca) return fail(to_string(ca.error()));
  TrustSources sources{std::move(*ca), {}, config.crl_required, {}};
  if (auto crl = read_file(config.crl, kMaxRevocationList)) sources.crl_pem = std::move(*crl);
  if (auto applied = apply_rotation(config, rotation, sources); !applied) return said(applied);
  if (sources.crl_pem) {
    if (auto done = replace_file(config.crl, *sources.crl_pem, kPublic); !done) return done;
  }
  return replace_file(config.ca, sources.ca_pem, kPublic);
}

Done write_authority(const GatewayConfig& config, const CertificateAuthority& next) {
  const auto own = config.ca_directory() + "/ca.pem";
  if (auto done = replace_key(config, config.ca_directory() + "/ca.key", next.key()); !done) return done;
  if (config.ca != own) {
    if (auto done = replace_file(own, next.certificate_pem(), kPublic); !done) return done;
  }
  if (!config.enrolment) return {};
  const auto& enrolment = *config.enrolment;
  if (enrolment.ca_key != config.ca_directory() + "/ca.key") {
    if (auto done = replace_key(config, enrolment.ca_key, next.key()); !done) return done;
  }
  const bool is_elsewhere = enrolment.ca_certificate != own && enrolment.ca_certificate != config.ca;
  return is_elsewhere ? replace_file(enrolment.ca_certificate, next.certificate_pem(), kPublic) : Done{};
}

}  // namespace

Result<FileDescriptor, std::string> lock_rotation(const GatewayConfig& config) {
  const auto path = config.ca_directory() + "/rotation.lock";
  struct stat status {};
  if (::lstat(config.ca_directory().c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return fail("there is no authority in " + config.ca_directory() + "; make one: sallyportctl ca init");
  }
  FileDescriptor lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kSecret)};
  if (!lock) return fail(path + ": cannot be opened: " + std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  return fail(std::string{"another sallyportctl is changing the authority; wait for it"});
}

std::string retired_directory(const GatewayConfig& config, const std::string& fingerprint) {
  return config.ca_directory() + "/retired-" + fingerprint.substr(0, 8);
}

Outcome begin_rotation(const GatewayConfig& config, Store& store, std::chrono::days lifetime, WallTime now) {
  auto rotation = load_rotation(config);
  if (!rotation) return fail(to_string(rotation.error()));
  if (rotation->phase == RotationPhase::Retiring) return std::move(*rotation);
  const auto authority = load_signing_authority(config);
  if (!authority) return fail(authority.error());
  if (rotation->is_under_way()) return refresh(config, store, *authority, *rotation, now);
  if (auto present = check_present(config, *authority, now); !present) return fail(present.error());
  ++rotation->generation;
  const CaProfile profile{name_of_next(config, rotation->generation), config.trust_domain, lifetime, KeyKind::P256};
  if (auto made = make_next(config, store, *authority, profile, now); !made) return fail(made.error());
  const auto next = read_certificate(RotationFiles{config}.certificate);
  if (!next) return fail(next.error());
  rotation->phase = RotationPhase::Spreading;
  rotation->current = fingerprint_of(authority->certificate().der);
  rotation->next = fingerprint_of(next->der);
  rotation->begun_at = now;
  rotation->renew_within = kDefaultRenewWithin;
  if (auto stored = store_rotation(config, *rotation); !stored) return fail(to_string(stored.error()));
  return std::move(*rotation);
}

Outcome begin_issuing(const GatewayConfig& config, const Rotation& rotation, std::chrono::seconds renew_within) {
  const RotationFiles files{config};
  const auto next = CertificateAuthority::load(files.certificate, files.key);
  if (!next) return fail(next.error().words);
  if (auto done = hand_out_key(config, next->key()); !done) return fail(done.error());
  Rotation issuing = rotation;
  issuing.phase = RotationPhase::Issuing;
  issuing.renew_within = renew_within;
  if (auto stored = store_rotation(config, issuing); !stored) return fail(to_string(stored.error()));
  return issuing;
}

Outcome begin_retiring(const GatewayConfig& config, Store& store, const Rotation& rotation, WallTime now) {
  if (rotation.phase == RotationPhase::Retiring) return rotation;
  const RotationFiles files{config};
  const auto before = load_signing_authority(config);
  if (!before) return fail(before.error());
  const auto next = CertificateAuthority::load(files.certificate, files.key);
  if (!next) return fail(next.error().words);
  if (auto done = hand_out_key(config, next->key()); !done) return fail(done.error());
  if (auto done = certify_gateway(config, store, *before, *next, now); !done) return fail(done.error());
  if (auto list = publish_revocations(config, store, *before, kDefaultCrlLifetime, now); !list) {
    return fail(list.error());
  }
  Rotation retiring = rotation;
  retiring.phase = RotationPhase::Retiring;
  if (auto done = retire(retiring, rotation.current, key_id_of(before->certificate()), *next); !done) {
    return fail(done.error());
  }
  if (auto stored = store_rotation(config, retiring); !stored) return fail(to_string(stored.error()));
  return retiring;
}

Outcome finish_retiring(const GatewayConfig& config, const Rotation& rotation) {
  const RotationFiles files{config};
  const auto next = CertificateAuthority::load(files.certificate, files.key);
  if (!next) return fail(next.error().words);
  if (auto done = keep_aside(config, rotation); !done) return fail(done.error());
  if (const auto gateway = read_file(files.gateway)) {
    if (auto done = replace_file(config.certificate, *gateway, kPublic); !done) return fail(done.error());
  }
  if (auto done = write_authority(config, *next); !done) return fail(done.error());
  if (auto done = write_trust(config, rotation); !done) return fail(done.error());
  Rotation done{.phase = RotationPhase::None,
                .generation = rotation.generation,
                .current = {},
                .next = {},
                .begun_at = rotation.begun_at,
                .renew_within = rotation.renew_within,
                .retired = rotation.retired,
                .retired_keys = rotation.retired_keys,
                .retirement = rotation.retirement};
  if (auto stored = store_rotation(config, done); !stored) return fail(to_string(stored.error()));
  if (auto removed = remove_next(config); !removed) return fail(removed.error());
  return done;
}

Outcome give_up(const GatewayConfig& config, const Rotation& rotation) {
  const auto stays = load_signing_authority(config);
  if (!stays) return fail(stays.error());
  const auto next = read_certificate(RotationFiles{config}.certificate);
  Rotation done{.phase = RotationPhase::None,
                .generation = rotation.generation,
                .current = {},
                .next = {},
                .begun_at = rotation.begun_at,
                .renew_within = kDefaultRenewWithin,
                .retired = rotation.retired,
                .retired_keys = rotation.retired_keys};
  if (auto signed_for = retire(done, rotation.next, next ? key_id_of(*next) : std::string{}, *stays); !signed_for) {
    return fail(signed_for.error());
  }
  if (auto stored = store_rotation(config, done); !stored) return fail(to_string(stored.error()));
  if (auto removed = remove_next(config); !removed) return fail(removed.error());
  return done;
}

}  // namespace sallyport
