#include "common/tls/context.hpp"

#include "common/base/file.hpp"
#include "common/tls/library.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>

namespace sallyport {
namespace {

/// Resident memory in KiB.
long resident() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

TEST(Context, DoesNotGrowOverAThousandReloads) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer keeps freed memory";
#endif
  const TestPki pki;
  const auto credentials = pki.gateway().credentials();
  const auto reload = [&](std::uint64_t number) {
    const auto trust = pki.trust(pki.crl({"0a", "0b", "0c"}, number));
    ASSERT_TRUE(ServerContext::make(trust, credentials, "example.com"));
  };
  for (std::uint64_t i = 1; i <= 100; ++i) reload(i);
  const long before = resident();
  for (std::uint64_t i = 101; i <= 1100; ++i) reload(i);
  EXPECT_LT(resident() - before, 1024) << "KiB";
}

TEST(Context, MayGoWhileItsEnginesLive) {
  const TestPki pki;
  auto server = std::make_unique<ServerContext>(pki.server());
  const ClientContext client = pki.client(pki.device());
  TlsPair pair{*server, client};
  server.reset();
  pair.shake();
  ASSERT_TRUE(pair.is_established());
  EXPECT_EQ(pair.say(*pair.client, *pair.server, "still here"), "still here");
}

TEST(Context, MakesIndependentCopiesForThreads) {
  const TestPki pki;
  const ServerContext server = pki.server();
  const auto copy = server.for_thread();
  ASSERT_TRUE(copy);
  EXPECT_NE(copy->library_context(), server.library_context());
  EXPECT_EQ(copy->trust(), server.trust());
  const ClientContext client = pki.client(pki.device());
  const auto run = [&client](const ServerContext& context) {
    for (int i = 0; i < 20; ++i) {
      TlsPair pair{context, *client.for_thread()};
      pair.shake();
      EXPECT_TRUE(pair.is_established());
    }
  };
  std::thread other{[&] { run(*copy); }};
  run(server);
  other.join();
}

TEST(Context, LetsAnEngineMoveToAnotherThread) {
  const TestPki pki;
  const ServerContext server = pki.server();
  const ClientContext client = pki.client(pki.device());
  TlsPair pair{server, client};
  pair.shake();
  std::thread{[&pair] { EXPECT_EQ(pair.say(*pair.client, *pair.server, "moved"), "moved"); }}.join();
  EXPECT_EQ(pair.say(*pair.server, *pair.client, "back"), "back");
}

TEST(Context, RefusesARevokedDeviceAfterAReloadAndKeepsTheOldSession) {
  const TestPki pki;
  const TestIdentity laptop = pki.device();
  const ServerContext before = pki.server();
  const ClientContext client = pki.client(laptop);
  TlsPair old{before, client};
  old.shake();
  const ServerContext after = pki.server(pki.trust(pki.crl({laptop.info.serial_hex}, 2)));
  TlsPair fresh{after, client};
  fresh.shake();
  ASSERT_TRUE(fresh.server_error.has_value());
  EXPECT_EQ(fresh.server_error->refusal, CertificateRefusal::Revoked);
  EXPECT_EQ(old.say(*old.client, *old.server, "until swept"), "until swept");
  EXPECT_TRUE(after.trust()->is_revoked_by(old.server->peer().issuer, old.server->peer().serial_hex));
}

TEST(Context, RefusesAKeyOfAnotherCertificate) {
  const TestPki pki;
  const auto credentials = Credentials::make(pki.gateway().certificate_pem, *PrivateKey::generate(KeyKind::P256));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().fault, TlsFault::Setup);
}

TEST(Context, LoadsCredentialsFromFilesAndRefusesAReadableKey) {
  const TestPki pki;
  const TestIdentity gateway = pki.gateway();
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_file_atomically(directory.file("gateway.pem"), gateway.certificate_pem));
  ASSERT_TRUE(gateway.key.store(directory.file("gateway.key")));
  EXPECT_TRUE(Credentials::load(directory.file("gateway.pem"), directory.file("gateway.key")));
  ASSERT_TRUE(write_file_atomically(directory.file("gateway.key"), gateway.key.to_pem(), 0644));
  const auto refused = Credentials::load(directory.file("gateway.pem"), directory.file("gateway.key"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().words.find("chmod 600"), std::string::npos) << refused.error().words;
}

TEST(Context, RefusesATrustDomainThatIsNoHostName) {
  const TestPki pki;
  EXPECT_FALSE(ServerContext::make(pki.trust(), pki.gateway().credentials(), "Example.com"));
  EXPECT_FALSE(ServerContext::make(pki.trust(), pki.gateway().credentials(), ""));
}

TEST(Library, IsTheVersionThatWasRepaired) {
  EXPECT_TRUE(prepare_tls_library());
  EXPECT_GE(tls_library_version(), "5.9.2");
  EXPECT_FALSE(record_cipher_name().empty());
}

}  // namespace
}  // namespace sallyport
