#include "client/enrolment/device_files.hpp"

#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
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

}  // namespace

bool file_exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Result<Credentials, TlsError> load_credentials(const DeviceFiles& files) {
  if (!file_exists(files.next())) return Credentials::load(files.certificate, files.key);
  auto next = load_next(files);
  if (!next) return fail(next.error());
  auto credentials = Credentials::make(next->certificate_pem, std::move(next->key));
  if (!credentials) credentials.error().words = files.next() + ": " + credentials.error().words;
  return credentials;
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
Result<void, std::string> settle_next(const DeviceFiles& files) {
  if (!file_exists(files.next())) return {};
  const auto next = load_next(files);
  if (!next) return fail(next.error().words);
  if (const auto stored = next->key.store(files.key); !stored) return fail(to_string(stored.error()));
  if (const auto written = write_file_atomically(files.certificate, next->certificate_pem); !written) {
    return fail(to_string(written.error()));
  }
  if (::unlink(files.next().c_str()) == 0 || errno == ENOENT) return {};
  return fail(files.next() + ": cannot be removed: " + std::strerror(errno));
}

Result<void, std::string> settle_next(const DeviceFiles& files, std::string_view serial_hex) {
  if (!file_exists(files.next())) return {};
  const auto lock = DeviceLock::take(files, kLoopPatience);
  if (!lock) return fail(lock.error());
  if (!file_exists(files.next()) || !holds_certificate(files, serial_hex)) return {};
  return settle_next(files);
}

Result<void, ReplaceError> replace_pair(const DeviceFiles& files, std::string_view serial_hex, const PrivateKey& key,
                                        const std::string& certificate_pem) {
  const auto lock = DeviceLock::take(files, kLoopPatience);
  if (!lock) return fail(ReplaceError{false, lock.error()});
  if (!holds_certificate(files, serial_hex)) {
    return fail(ReplaceError{true, "another certificate took this one's place during its renewal"});
  }
  if (auto stored = store_next(files, key, certificate_pem); !stored) return fail(ReplaceError{false, stored.error()});
  return {};
}

Result<void, std::string> install_pair(const DeviceFiles& files, const std::string& ca_pem, const PrivateKey& key,
                                       const std::string& certificate_pem) {
  const auto lock = DeviceLock::take(files, kCommandPatience);
  if (!lock) return fail(lock.error());
  // The CA first: an old certificate with a new CA fails closed, and so does the reverse.
  if (const auto done = write_file_atomically(files.ca, ca_pem); !done) return fail(to_string(done.error()));
  if (const auto done = store_next(files, key, certificate_pem); !done) return done;
  return settle_next(files);
}

bool holds_certificate(const DeviceFiles& files, std::string_view serial_hex) {
  const auto credentials = load_credentials(files);
  return credentials && credentials->leaf().serial_hex == serial_hex;
}

Result<PeerIdentity, std::string> check_identity(const std::string& certificate_pem, const PrivateKey& key,
                                                 const std::string& ca_pem, WallTime now) {
  const auto credentials = Credentials::make(certificate_pem, key.clone());
  if (!credentials) return fail(to_string(credentials.error()));
  const auto trust =
      TrustBundle::load({.ca_pem = ca_pem, .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  if (!trust) return fail(to_string(trust.error()));
  const auto identity = verify_device(credentials->leaf(), **trust, trust_domain_of(credentials->leaf()), now);
  if (!identity) return fail("the certificate is not good for this device: " + std::string{describe(identity.error())});
  return *identity;
}

}  // namespace sallyport
