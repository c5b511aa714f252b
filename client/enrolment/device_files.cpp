#include "client/enrolment/device_files.hpp"

#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxPair = std::size_t{256} << 10U;

/// The trust domain of a device's certificate: spiffe://DOMAIN/device/ID. Empty when it is none.
std::string trust_domain_of(const CertificateInfo& leaf) {
  constexpr std::string_view kScheme = "spiffe://";
  if (leaf.uris.empty() || !leaf.uris.front().starts_with(kScheme)) return {};
  const auto rest = leaf.uris.front().substr(kScheme.size());
  return rest.substr(0, rest.find('/'));
}

struct Pair {
  PrivateKey key;
  std::string certificate_pem;
};

Result<Pair, TlsError> load_next(const DeviceFiles& files) {
  auto text = read_secret_file(files.next(), kMaxPair);
  if (!text) return fail(TlsError{TlsFault::Setup, {}, {}, to_string(text.error())});
  auto key = PrivateKey::from_pem(*text);
  const auto begin = text->find("-----BEGIN CERTIFICATE-----");
  auto certificate = begin == std::string::npos ? std::string{} : text->substr(begin);
  ::explicit_bzero(text->data(), text->size());
  if (!key) return fail(TlsError{TlsFault::Setup, {}, {}, files.next() + ": " + key.error().words});
  return Pair{std::move(*key), std::move(certificate)};
}

/// Of the pair that counts.
Result<std::string, FileError> certificate_text(const DeviceFiles& files) {
  bool has_next = file_exists(files.next());
  auto text = has_next ? read_secret_file(files.next(), kMaxPair) : read_file(files.certificate, kMaxPair);
  if (!text && has_next && !file_exists(files.next())) {
    // It took its place meanwhile, in one step.
    has_next = false;
    text = read_file(files.certificate, kMaxPair);
  }
  if (!text) return text;
  const auto begin = text->find("-----BEGIN CERTIFICATE-----");
  auto certificate = begin == std::string::npos ? std::string{} : text->substr(begin);
  if (has_next) ::explicit_bzero(text->data(), text->size());
  return certificate;
}

Result<Credentials, TlsError> load_on_token(const DeviceFiles& files, const std::shared_ptr<Token>& token) {
  const auto setup_error = [](std::string words) { return fail(TlsError{TlsFault::Setup, {}, {}, std::move(words)}); };
  if (!token) return setup_error("this device's key is on a token, and nothing here uses tokens");
  const auto text = certificate_text(files);
  if (!text) return setup_error(to_string(text.error()));
  const auto chain = parse_certificates(*text);
  if (!chain) return setup_error(files.certificate + ": " + to_string(chain.error()));
  return Credentials::make(*text, std::make_shared<const TokenKey>(token, chain->front().key));
}

/// The key of before is known by the certificate of before, which goes last.
Result<void, std::string> settle_on_token(const DeviceFiles& files, const std::shared_ptr<Token>& token) {
  if (!token) return fail(std::string{"this device's key is on a token, and nothing here uses tokens"});
  const auto now = load_certificate(files);
  if (!now) return fail(now.error());
  if (const auto before = load_settled_certificate(files); before && !(before->key == now->key)) {
    // Never the last key that works.
    if (auto found = token->find(now->key); !found) return fail(to_string(found.error()));
    if (auto gone = token->destroy_pair(before->key); !gone) return fail(to_string(gone.error()));
  }
  if (::rename(files.next().c_str(), files.certificate.c_str()) != 0) {
    return fail(files.certificate + ": cannot be written: " + std::strerror(errno));
  }
  if (auto gone = drop_superseded_keys(files, *token); !gone) return fail(to_string(gone.error()));
  return {};
}

}  // namespace

bool file_exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Result<CertificateInfo, std::string> load_certificate(const DeviceFiles& files) {
  const auto text = certificate_text(files);
  if (!text) return fail(to_string(text.error()));
  auto chain = parse_certificates(*text);
  if (!chain) return fail(files.certificate + ": " + to_string(chain.error()));
  return std::move(chain->front());
}

std::optional<CertificateInfo> load_settled_certificate(const DeviceFiles& files) {
  const auto text = read_file(files.certificate, kMaxPair);
  auto chain = text ? parse_certificates(*text) : Result<std::vector<CertificateInfo>, PkiError>{};
  if (!text || !chain || chain->empty()) return std::nullopt;
  return std::move(chain->front());
}

Result<Credentials, TlsError> load_credentials(const DeviceFiles& files, const std::shared_ptr<Token>& token) {
  if (files.is_on_token()) return load_on_token(files, token);
  if (!file_exists(files.next())) return Credentials::load(files.certificate, files.key);
  auto next = load_next(files);
  if (!next) return fail(next.error());
  auto credentials = Credentials::make(next->certificate_pem, std::move(next->key));
  if (!credentials) credentials.error().words = files.next() + ": " + credentials.error().words;
  return credentials;
}

Result<void, std::string> store_next(const DeviceFiles& files, const DeviceKey& key,
                                     const std::string& certificate_pem) {
  if (const auto* in_memory = std::get_if<PrivateKey>(&key)) return store_next(files, *in_memory, certificate_pem);
  const auto written = write_file_atomically(files.next(), certificate_pem, 0600);
  if (!written) return fail(to_string(written.error()));
  return {};
}

Result<void, std::string> store_next(const DeviceFiles& files, const PrivateKey& key,
                                     const std::string& certificate_pem) {
  std::string pair = key.to_pem() + certificate_pem;
  const auto written = write_file_atomically(files.next(), pair, 0600);
  ::explicit_bzero(pair.data(), pair.size());
  if (!written) return fail(to_string(written.error()));
  return {};
}

/// While next() is there it counts, so what it is copied to may be half new in between.
Result<void, std::string> settle_next(const DeviceFiles& files, const std::shared_ptr<Token>& token) {
  if (!file_exists(files.next())) return {};
  if (files.is_on_token()) return settle_on_token(files, token);
  const auto next = load_next(files);
  if (!next) return fail(next.error().words);
  if (const auto stored = next->key.store(files.key); !stored) return fail(to_string(stored.error()));
  if (const auto written = write_file_atomically(files.certificate, next->certificate_pem); !written) {
    return fail(to_string(written.error()));
  }
  if (::unlink(files.next().c_str()) == 0 || errno == ENOENT) return {};
  return fail(files.next() + ": cannot be removed: " + std::strerror(errno));
}

Result<void, std::string> settle_next(const DeviceFiles& files, std::string_view serial_hex,
                                      const std::shared_ptr<Token>& token) {
  if (!file_exists(files.next())) return {};
  const auto lock = DeviceLock::take(files, kLoopPatience);
  if (!lock) return fail(lock.error());
  if (!file_exists(files.next()) || !holds_certificate(files, serial_hex)) return {};
  return settle_next(files, token);
}

namespace {

template <class Key>
Result<void, ReplaceError> replace_by(const DeviceFiles& files, std::string_view serial_hex, const Key& key,
                                      const std::string& certificate_pem) {
  const auto lock = DeviceLock::take(files, kLoopPatience);
  if (!lock) return fail(ReplaceError{false, lock.error()});
  if (!holds_certificate(files, serial_hex)) {
    return fail(ReplaceError{true, "another certificate took this one's place during its renewal"});
  }
  if (auto stored = store_next(files, key, certificate_pem); !stored) return fail(ReplaceError{false, stored.error()});
  keep_pending_key(files);
  return {};
}

template <class Key>
Result<void, std::string> install_by(const DeviceFiles& files, const std::string& ca_pem, const Key& key,
                                     const std::string& certificate_pem, const std::shared_ptr<Token>& token) {
  const auto lock = DeviceLock::take(files, kCommandPatience);
  if (!lock) return fail(lock.error());
  // The CA first: an old certificate with a new CA fails closed, and so does the reverse.
  if (const auto done = write_file_atomically(files.ca, ca_pem); !done) return fail(to_string(done.error()));
  if (const auto done = store_next(files, key, certificate_pem); !done) return done;
  keep_pending_key(files);
  auto settled = settle_next(files, token);
  // On a token, what is not settled now is when the tunnel is up: the new certificate counts already.
  if (!settled && !token) return settled;
  return {};
}

}  // namespace

Result<void, ReplaceError> replace_pair(const DeviceFiles& files, std::string_view serial_hex, const DeviceKey& key,
                                        const std::string& certificate_pem) {
  return replace_by(files, serial_hex, key, certificate_pem);
}

Result<void, ReplaceError> replace_pair(const DeviceFiles& files, std::string_view serial_hex, const PrivateKey& key,
                                        const std::string& certificate_pem) {
  return replace_by(files, serial_hex, key, certificate_pem);
}

Result<void, std::string> install_pair(const DeviceFiles& files, const std::string& ca_pem, const DeviceKey& key,
                                       const std::string& certificate_pem, const std::shared_ptr<Token>& token) {
  return install_by(files, ca_pem, key, certificate_pem, token);
}

Result<void, std::string> install_pair(const DeviceFiles& files, const std::string& ca_pem, const PrivateKey& key,
                                       const std::string& certificate_pem) {
  return install_by(files, ca_pem, key, certificate_pem, nullptr);
}

bool holds_certificate(const DeviceFiles& files, std::string_view serial_hex) {
  const auto certificate = load_certificate(files);
  return certificate && certificate->serial_hex == serial_hex;
}

Result<PeerIdentity, std::string> check_identity(const std::string& certificate_pem, const SigningKey& key,
                                                 const std::string& ca_pem, WallTime now) {
  const auto chain = parse_certificates(certificate_pem);
  if (!chain) return fail(to_string(chain.error()));
  const CertificateInfo& leaf = chain->front();
  if (!(leaf.key == key.public_key())) return fail(std::string{"the private key does not belong to the certificate"});
  const auto trust =
      TrustBundle::load({.ca_pem = ca_pem, .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  if (!trust) return fail(to_string(trust.error()));
  const auto identity = verify_device(leaf, **trust, trust_domain_of(leaf), now);
  if (!identity) return fail("the certificate is not good for this device: " + std::string{describe(identity.error())});
  return *identity;
}

}  // namespace sallyport
