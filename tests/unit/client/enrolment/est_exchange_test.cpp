#include "client/enrolment/est_exchange.hpp"

#include "common/pki/certs_only.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace sallyport {
namespace {

/// An exchange with a gateway that this test plays.
class EstExchangeTest : public testing::Test {
 protected:
  EstExchangeTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    socket_.reset(ends[0]);
    ByteBuffer request;
    append_est_request(request, "vpn.example.com", {EstOperation::CaCerts, {}, {}});
    exchange_.emplace(FileDescriptor{ends[1]}, std::move(*Engine::visit(visitor_, name_, wall_now())), request);
  }
  /// Plays both sides until the request was heard; nullopt when the exchange failed before.
  bool hear_request() {
    std::array<std::byte, 65536> chunk{};
    for (int i = 0; i < 8 && heard_.empty(); ++i) {
      if (!step()) return false;
      const ssize_t n = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (n > 0) gateway_->feed(Bytes{chunk}.first(static_cast<std::size_t>(n)));
      if (gateway_->handshake().value_or(false)) read();
      send();
    }
    return !heard_.empty();
  }
  void read() {
    std::array<std::byte, 16384> plaintext{};
    const auto size = gateway_->read(plaintext);
    if (size) heard_ += as_text(Bytes{plaintext}.first(*size));
  }
  void send() {
    auto& outbox = gateway_->outbox();
    if (!outbox.empty()) (void)::send(socket_.get(), outbox.data(), outbox.size(), MSG_NOSIGNAL);
    outbox.clear();
  }
  void say(const ByteBuffer& text) {
    ASSERT_TRUE(gateway_->write(text));
    send();
  }
  bool step() {
    auto outcome = exchange_->advance();
    if (!outcome) failure_ = outcome.error();
    if (outcome && *outcome) response_ = **outcome;
    return outcome.has_value();
  }

  const TestPki pki_;
  const std::string name_ = "vpn.example.com";
  const VisitorContext visitor_ = *VisitorContext::make(pki_.client_trust());
  const OpenServerContext door_ = *OpenServerContext::make(pki_.gateway().credentials());
  std::unique_ptr<Engine> gateway_ = std::move(*Engine::accept_anybody(door_, wall_now()));
  FileDescriptor socket_;
  std::optional<EstExchange> exchange_;
  std::string heard_;
  std::optional<EstFailure> failure_;
  std::optional<EstResponse> response_;
};

TEST_F(EstExchangeTest, AsksAndReadsTheAnswer) {
  ASSERT_TRUE(hear_request());
  EXPECT_TRUE(heard_.starts_with("GET /.well-known/est/cacerts HTTP/1.1\r\n"));
  ByteBuffer answer;
  const auto device = pki_.device();
  append_est_answer(answer, encode_certs_only({&device.info.der, 1}));
  say(answer);
  ASSERT_TRUE(step());
  ASSERT_TRUE(response_);
  EXPECT_FALSE(failure_of(*response_));
  EXPECT_EQ(certificate_of(*response_).value_or(""), device.certificate_pem);
}

TEST_F(EstExchangeTest, TellsARefusalInTheGatewaysWords) {
  ASSERT_TRUE(hear_request());
  ByteBuffer answer;
  append_est_refusal(answer,
                     Problem{.status = 401, .title = {}, .detail = "ask anew", .reason = "bad_token", .code = {}});
  say(answer);
  ASSERT_TRUE(step());
  ASSERT_TRUE(response_);
  const auto failure = failure_of(*response_);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->reason, "bad_token");
  EXPECT_EQ(failure->words, "ask anew");
}

TEST_F(EstExchangeTest, FailsWhenTheConnectionEndsBeforeTheAnswer) {
  ASSERT_TRUE(hear_request());
  socket_.reset();
  EXPECT_FALSE(step());
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->reason, "bad_answer");
}

TEST_F(EstExchangeTest, SaysNothingToAGatewayThatIsNotProved) {
  const TestPki other;
  const auto impostor = *OpenServerContext::make(other.gateway().credentials());
  gateway_ = std::move(*Engine::accept_anybody(impostor, wall_now()));
  EXPECT_FALSE(hear_request());
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->reason, "gateway_untrusted");
  EXPECT_EQ(heard_, "");
}

TEST_F(EstExchangeTest, WantsExactlyOneCertificate) {
  const std::vector<ByteBuffer> two{pki_.device().info.der, pki_.device().info.der};
  EXPECT_FALSE(certificate_of({200, encode_certs_only(two), {}}));
  EXPECT_FALSE(certificate_of({200, ByteBuffer(10), {}}));
}

}  // namespace
}  // namespace sallyport
