#include "common/tls/engine.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

/// Two engines joined by memory, whatever contexts they come from.
class OpenDoor : public testing::Test {
 protected:
  void join(Result<std::unique_ptr<Engine>, TlsError> client) {
    ASSERT_TRUE(client) << client.error().words;
    client_ = std::move(*client);
    server_ = std::move(*Engine::accept_anybody(door_, wall_now()));
    for (int i = 0; i < 8; ++i) {
      client_fails_ |= !client_->handshake();
      carry(*client_, *server_);
      server_fails_ |= !server_->handshake();
      carry(*server_, *client_);
    }
  }
  static void carry(Engine& from, Engine& to) {
    wire_.push_back(std::exchange(from.outbox(), {}));
    to.feed(wire_.back());
  }
  bool is_open() const { return client_->is_established() && server_->is_established(); }

  const TestPki pki_;
  const OpenServerContext door_ = *OpenServerContext::make(pki_.gateway().credentials());
  const VisitorContext visitor_ = *VisitorContext::make(pki_.client_trust());
  std::unique_ptr<Engine> server_;
  std::unique_ptr<Engine> client_;
  bool client_fails_ = false;
  bool server_fails_ = false;
  static inline std::vector<ByteBuffer> wire_;
};

TEST_F(OpenDoor, LetsAVisitorInWhoIsNobody) {
  join(Engine::visit(visitor_, "vpn.example.com", wall_now()));
  ASSERT_TRUE(is_open());
  EXPECT_TRUE(server_->peer().device.empty());
  EXPECT_EQ(server_->peer().standing, PeerStanding::RenewalOnly);
  EXPECT_EQ(client_->peer().certificate.dns_names, std::vector<std::string>{"vpn.example.com"});
}

TEST_F(OpenDoor, IsProvedToAVisitorByNameAndAuthority) {
  join(Engine::visit(visitor_, "other.example.com", wall_now()));
  EXPECT_FALSE(is_open());
  EXPECT_TRUE(client_fails_);
  const TestPki other;
  const auto stranger = *VisitorContext::make(other.client_trust());
  client_fails_ = false;
  join(Engine::visit(stranger, "vpn.example.com", wall_now()));
  EXPECT_TRUE(client_fails_);
}

TEST_F(OpenDoor, IsOpenToTheBlindWhoLearnNothing) {
  const auto blind = *BlindContext::make();
  join(Engine::connect_blindly(blind, "whatever.example.com", wall_now()));
  ASSERT_TRUE(is_open());
  EXPECT_TRUE(client_->peer().certificate.der.empty());
}

TEST_F(OpenDoor, DoesNotLookAtACertificateThatItDidNotAskFor) {
  join(Engine::connect(pki_.client(pki_.device()), "vpn.example.com", wall_now()));
  ASSERT_TRUE(is_open());
  EXPECT_TRUE(server_->peer().device.empty());
}

TEST_F(OpenDoor, StaysShutForVisitorsOnTheMainPort) {
  auto client = std::move(*Engine::visit(visitor_, "vpn.example.com", wall_now()));
  auto server = std::move(*Engine::accept(pki_.server(), wall_now()));
  std::optional<TlsError> refused;
  for (int i = 0; i < 8 && !refused; ++i) {
    (void)client->handshake();
    carry(*client, *server);
    if (const auto done = server->handshake(); !done) refused = done.error();
    carry(*server, *client);
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->refusal, CertificateRefusal::NoCertificate);
}

TEST(ContextRoles, NeedWhatTheyStandFor) {
  const TestPki pki;
  EXPECT_FALSE(OpenServerContext::make(nullptr));
  EXPECT_FALSE(VisitorContext::make(nullptr));
  EXPECT_FALSE(ServerContext::make(nullptr, pki.gateway().credentials(), "example.com"));
  EXPECT_FALSE(ServerContext::make(pki.trust(), nullptr, "example.com"));
  EXPECT_FALSE(ClientContext::make(pki.client_trust(), nullptr));
}

}  // namespace
}  // namespace sallyport
