#include "client/cli/enrol.hpp"

#include "common/base/file.hpp"
#include "common/pki/csr.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sallyport {
namespace {

class Enrolment : public testing::Test {
 protected:
  [[nodiscard]] DeviceFiles files() const {
    return {directory_.file("state/ca.pem"), directory_.file("state/device.pem"), directory_.file("state/device.key")};
  }
  void request() const {
    const auto done = request_certificate("ana-laptop", files().key, directory_.file("ana.csr"));
    ASSERT_TRUE(done) << done.error();
  }
  /// What the administrator makes of the request.
  [[nodiscard]] std::string issue(const TestPki& pki) const {
    const auto csr = Csr::parse(as_bytes(*read_file(directory_.file("ana.csr"))));
    const DeviceProfile profile{DeviceId{"ana-laptop"}, UserId{"ana@example.com"}, pki.trust_domain()};
    return pki.authority().issue_device(csr->key, profile, pki.now())->pem;
  }
  [[nodiscard]] Result<InstalledDevice, std::string> install(const std::string& certificate, const std::string& ca,
                                                             WallTime now = wall_now()) const {
    EXPECT_TRUE(write_file_atomically(directory_.file("got.pem"), certificate));
    EXPECT_TRUE(write_file_atomically(directory_.file("got-ca.pem"), ca));
    return install_certificate(directory_.file("got.pem"), directory_.file("got-ca.pem"), files(), now);
  }
  [[nodiscard]] bool is_installed() const {
    struct stat ignored {};
    return ::stat(files().certificate.c_str(), &ignored) == 0 || ::stat(files().ca.c_str(), &ignored) == 0;
  }

  TemporaryDirectory directory_;
  TestPki pki_;
};

TEST_F(Enrolment, MakesAKeyForTheDeviceAloneAndARequestThatNamesIt) {
  request();
  struct stat status {};
  ASSERT_EQ(::stat(files().key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(directory_.file("state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  const auto csr = Csr::parse(as_bytes(*read_file(directory_.file("ana.csr"))));
  ASSERT_TRUE(csr);
  EXPECT_EQ(csr->hint, "ana-laptop");
}

TEST_F(Enrolment, OverwritesNeitherAKeyNorARequest) {
  request();
  const auto key = *read_file(files().key);
  EXPECT_FALSE(request_certificate("ana-laptop", files().key, directory_.file("other.csr")));
  EXPECT_FALSE(request_certificate("ana-laptop", directory_.file("other.key"), directory_.file("ana.csr")));
  EXPECT_EQ(*read_file(files().key), key);
}

TEST_F(Enrolment, RefusesNamesThatCannotBeADevice) {
  for (const char* name : {"", "Ana Laptop", "../ana", "ANA"}) {
    EXPECT_FALSE(request_certificate(name, files().key, directory_.file("ana.csr"))) << name;
  }
}

TEST_F(Enrolment, InstallsACertificateForItsOwnKey) {
  request();
  const auto done = install(issue(pki_), pki_.authority().certificate_pem());
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(done->device, "ana-laptop");
  EXPECT_EQ(done->user, "ana@example.com");
  EXPECT_EQ(*read_file(files().ca), pki_.authority().certificate_pem());
}

TEST_F(Enrolment, RefusesACertificateForAnotherKey) {
  request();
  EXPECT_FALSE(install(pki_.device("ana-laptop").certificate_pem, pki_.authority().certificate_pem()));
  EXPECT_FALSE(is_installed());
}

TEST_F(Enrolment, RefusesACertificateOfAnotherAuthority) {
  request();
  const TestPki other;
  EXPECT_FALSE(install(issue(pki_), other.authority().certificate_pem()));
  EXPECT_FALSE(is_installed());
}

TEST_F(Enrolment, RefusesAnExpiredCertificate) {
  request();
  EXPECT_FALSE(install(issue(pki_), pki_.authority().certificate_pem(), wall_now() + std::chrono::days{200}));
  EXPECT_FALSE(is_installed());
}

TEST_F(Enrolment, RefusesAGatewaysCertificate) {
  request();
  const auto csr = Csr::parse(as_bytes(*read_file(directory_.file("ana.csr"))));
  const GatewayProfile profile{.name = "vpn.example.com", .addresses = {}};
  const auto issued = pki_.authority().issue_gateway(csr->key, profile, pki_.now());
  ASSERT_TRUE(issued);
  EXPECT_FALSE(install(issued->pem, pki_.authority().certificate_pem()));
  EXPECT_FALSE(is_installed());
}

TEST_F(Enrolment, RefusesWhatIsNoCertificate) {
  request();
  EXPECT_FALSE(install("hello", pki_.authority().certificate_pem()));
  EXPECT_FALSE(install(issue(pki_), ""));
  EXPECT_FALSE(is_installed());
}

}  // namespace
}  // namespace sallyport
