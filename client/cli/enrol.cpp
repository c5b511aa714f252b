#include "client/cli/enrol.hpp"

#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"
#include "common/pki/csr.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr const char* kOnlineOnly =
    "a key on a token is enrolled over the network: sallyport enroll HOST --token - --key 'pkcs11:...'";

struct Candidate {
  std::string certificate_pem;
  std::string ca_pem;
};

Result<Candidate, std::string> read_candidate(const std::string& certificate_path, const std::string& ca_path) {
  auto certificate = read_file(certificate_path);
  if (!certificate) return fail(to_string(certificate.error()));
  auto ca = read_file(ca_path);
  if (!ca) return fail(to_string(ca.error()));
  return Candidate{std::move(*certificate), std::move(*ca)};
}

}  // namespace

Result<void, std::string> request_certificate(const std::string& device, const std::string& key_path,
                                              const std::string& out) {
  if (TokenUri::is_one(key_path)) return fail(std::string{kOnlineOnly});
  if (!is_device_id(device)) return fail(std::string{"a device id is 1 to 63 of a-z, 0-9 and '-': ana-laptop"});
  if (file_exists(key_path)) {
    return fail(key_path + " exists; a key is never overwritten. To enrol anew, move it away, or name another: --key");
  }
  if (file_exists(out)) return fail(out + " exists; name another file: --out");
  if (const auto made = make_directories(parent_of(key_path), 0700); !made) return fail(to_string(made.error()));
  const auto key = PrivateKey::generate(KeyKind::P256);
  if (!key) return fail(to_string(key.error()));
  const auto request = make_csr(*key, device);
  if (!request) return fail(to_string(request.error()));
  if (const auto stored = key->store(key_path); !stored) return fail(to_string(stored.error()));
  if (const auto written = write_file_atomically(out, *request); !written) return fail(to_string(written.error()));
  return {};
}

Result<InstalledDevice, std::string> install_certificate(const std::string& certificate_path,
                                                         const std::string& ca_path, const DeviceFiles& files,
                                                         WallTime now) {
  const auto candidate = read_candidate(certificate_path, ca_path);
  if (!candidate) return fail(candidate.error());
  if (files.is_on_token()) return fail(std::string{kOnlineOnly});
  const auto key = PrivateKey::load(files.key);
  if (!key) return fail(to_string(key.error()));
  const auto identity = check_identity(candidate->certificate_pem, *key, candidate->ca_pem, now);
  if (!identity) return fail(identity.error());
  for (const auto& path : {files.ca, files.certificate}) {
    if (const auto made = make_directories(parent_of(path), 0700); !made) return fail(to_string(made.error()));
  }
  const auto lock = DeviceLock::take(files, kCommandPatience);
  if (!lock) return fail(lock.error());
  // The CA first: an old certificate with a new CA fails closed, and so does the reverse.
  if (const auto done = write_file_atomically(files.ca, candidate->ca_pem); !done) return fail(to_string(done.error()));
  if (const auto done = write_file_atomically(files.certificate, candidate->certificate_pem); !done) {
    return fail(to_string(done.error()));
  }
  // A renewed pair of before would count instead.
  if (::unlink(files.next().c_str()) != 0 && errno != ENOENT) {
    return fail(files.next() + ": cannot be removed: " + std::strerror(errno));
  }
  return InstalledDevice{identity->device.text(), identity->user.text(), identity->not_after};
}

}  // namespace sallyport
