#include "common/base/file.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/tls/engine.hpp"
#include "tests/support/openssl.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <thread>

namespace sallyport {
namespace {

/// One gateway engine behind a loopback socket, for one connection of somebody else's TLS.
class LoopbackGateway {
 public:
  LoopbackGateway() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
    endpoint_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    limit_waiting(listener_.get());
  }

  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

  /// Runs the handshake; the peer, or why there is none.
  Result<PeerIdentity, TlsError> serve(const ServerContext& context, WallTime now) {
    auto engine = Engine::accept(context, now);
    if (!engine) return fail(engine.error());
    const FileDescriptor socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    limit_waiting(socket.get());
    std::array<std::byte, 4096> scratch{};
    while (true) {
      const ssize_t count = ::recv(socket.get(), scratch.data(), scratch.size(), 0);
      if (count <= 0) return fail(TlsError{TlsFault::Protocol, {}, {}, "the peer went away"});
      (*engine)->feed(Bytes{scratch}.first(static_cast<std::size_t>(count)));
      const auto done = (*engine)->handshake();
      send_all(socket.get(), (*engine)->outbox());
      if (!done) return fail(done.error());
      if (!*done) continue;
      (*engine)->close();
      send_all(socket.get(), (*engine)->outbox());
      return (*engine)->peer();
    }
  }

 private:
  static void limit_waiting(int fd) {
    const timeval limit{.tv_sec = 15, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  static void send_all(int fd, ByteBuffer& bytes) {
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    bytes.clear();
  }

  FileDescriptor listener_;
  std::string endpoint_;
};

class OpensslClient : public testing::Test {
 protected:
  void SetUp() override {
    if (!run_openssl({"version"})) GTEST_SKIP() << "openssl is not installed";
    put("ca.pem", pki_.authority().certificate_pem());
    put("ca.key", pki_.authority().key().to_pem());
    put("extensions",
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
        "subjectAltName=URI:spiffe://example.com/device/laptop,email:ana@example.com\n");
  }

  void put(const std::string& name, const std::string& content) {
    ASSERT_TRUE(write_file_atomically(file(name), content, 0600));
  }
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }

  /// A certificate that wolfCrypt would not make, signed by our authority.
  void mint(const std::vector<std::string>& key_options, const std::string& hash) {
    std::vector<std::string> request{
        "req",    "-new", "-nodes", "-subj", "/CN=laptop", "-keyout", file("key.pem"), "-out", file("request.pem"),
        "-newkey"};
    request.insert(request.end(), key_options.begin(), key_options.end());
    const auto requested = run_openssl(request);
    ASSERT_EQ(requested->exit_code, 0) << requested->output;
    const auto signed_by_ca =
        run_openssl({"x509", "-req", "-in", file("request.pem"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
                     "-CAcreateserial", "-days", "1", hash, "-extfile", file("extensions"), "-out", file("leaf.pem")});
    ASSERT_EQ(signed_by_ca->exit_code, 0) << signed_by_ca->output;
  }

  /// s_client with the minted certificate (unless `with_certificate` is false) against a gateway engine.
  Result<PeerIdentity, TlsError> connect(bool with_certificate = true,
                                         std::vector<std::string> options = {"-alpn", "http/1.1"}) {
    LoopbackGateway gateway;
    std::vector<std::string> command{"s_client",     "-connect",        gateway.endpoint(),
                                     "-servername",  "vpn.example.com", "-CAfile",
                                     file("ca.pem"), "-cipher",         "DEFAULT@SECLEVEL=0"};
    if (with_certificate) command.insert(command.end(), {"-cert", file("leaf.pem"), "-key", file("key.pem")});
    command.insert(command.end(), options.begin(), options.end());
    std::thread client{[this, command] { said_ = run_openssl(command)->output; }};
    auto peer = gateway.serve(pki_.server(), pki_.now() + std::chrono::minutes{1});
    client.join();
    return peer;
  }

  void expect_refusal(const Result<PeerIdentity, TlsError>& peer, CertificateRefusal refusal) {
    ASSERT_FALSE(peer) << said_;
    ASSERT_TRUE(peer.error().refusal.has_value()) << peer.error().words << "\n" << said_;
    EXPECT_EQ(to_string(*peer.error().refusal), to_string(refusal));
  }

  const TestPki pki_;
  const TemporaryDirectory directory_;
  std::string said_;
};

TEST_F(OpensslClient, IsAcceptedWithAGoodCertificateOfEveryKeyKind) {
  const std::vector<std::vector<std::string>> kinds{{"ec", "-pkeyopt", "ec_paramgen_curve:P-256"},
                                                    {"ec", "-pkeyopt", "ec_paramgen_curve:P-384"},
                                                    {"ed25519"},
                                                    {"rsa:2048"},
                                                    {"rsa:3072"}};
  for (const auto& kind : kinds) {
    mint(kind, "-sha256");
    const auto peer = connect();
    ASSERT_TRUE(peer) << kind[0] << ": " << peer.error().words << "\n" << said_;
    EXPECT_EQ(peer->device, DeviceId{"laptop"});
    EXPECT_EQ(peer->user, UserId{"ana@example.com"});
  }
}

TEST_F(OpensslClient, SeesAnHonestTls13Gateway) {
  mint({"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "-sha256");
  ASSERT_TRUE(connect(true, {"-alpn", "http/1.1", "-verify_return_error", "-verify_hostname", "vpn.example.com"}))
      << said_;
  EXPECT_NE(said_.find("Verification: OK"), std::string::npos) << said_;
  EXPECT_NE(said_.find("ALPN protocol: http/1.1"), std::string::npos) << said_;
  EXPECT_NE(said_.find("TLSv1.3"), std::string::npos) << said_;
  EXPECT_EQ(said_.find("NewSessionTicket"), std::string::npos) << said_;
}

TEST_F(OpensslClient, MayOfferNoAlpnButNoOtherProtocol) {
  mint({"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "-sha256");
  EXPECT_TRUE(connect(true, {})) << said_;
  EXPECT_TRUE(connect(true, {"-alpn", "h2,http/1.1"})) << said_;
  const auto other = connect(true, {"-alpn", "h2"});
  ASSERT_FALSE(other) << said_;
  EXPECT_EQ(other.error().fault, TlsFault::Protocol);
  EXPECT_NE(said_.find("no application protocol"), std::string::npos) << said_;
}

TEST_F(OpensslClient, IsRefusedWithRsa1024) {
  mint({"rsa:1024"}, "-sha256");
  expect_refusal(connect(), CertificateRefusal::WeakKey);
}

TEST_F(OpensslClient, IsRefusedWithACertificateSignedWithSha1) {
  mint({"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "-sha1");
  expect_refusal(connect(), CertificateRefusal::WeakSignature);
}

TEST_F(OpensslClient, IsRefusedWithAnotherCurve) {
  mint({"ec", "-pkeyopt", "ec_paramgen_curve:P-521"}, "-sha256");
  expect_refusal(connect(), CertificateRefusal::WeakKey);
}

TEST_F(OpensslClient, IsRefusedWithoutACertificate) {
  // In TLS 1.3 the client is done before it is refused: it must stay to hear of it, although it has nothing to say.
  expect_refusal(connect(false, {"-alpn", "http/1.1", "-ign_eof"}), CertificateRefusal::NoCertificate);
  EXPECT_NE(said_.find("alert"), std::string::npos) << said_;
}

TEST_F(OpensslClient, IsRefusedWithTls12) {
  mint({"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "-sha256");
  const auto peer = connect(true, {"-tls1_2"});
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().fault, TlsFault::Protocol);
  EXPECT_NE(said_.find("alert protocol version"), std::string::npos) << said_;
}

TEST_F(OpensslClient, IsRefusedWithoutACommonGroupOrSuite) {
  mint({"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "-sha256");
  EXPECT_FALSE(connect(true, {"-groups", "P-521"}));
  EXPECT_FALSE(connect(true, {"-ciphersuites", "TLS_AES_128_CCM_SHA256"}));
  EXPECT_TRUE(connect(true, {"-groups", "P-256"})) << said_;
  EXPECT_TRUE(connect(true, {"-groups", "X25519", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"})) << said_;
}

}  // namespace
}  // namespace sallyport
