#include "server/gateway/spare_engine.hpp"

#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class Spare : public testing::Test {
 protected:
  /// `device`'s handshake with the next engine, at `now`.
  TlsPair meet(const TestPki& pki, WallTime now = wall_now()) {
    TlsPair pair{*context_of(pki), pki.client(pki.device())};
    pair.server = std::move(*spare_.next(now));
    pair.shake();
    return pair;
  }
  static std::shared_ptr<const ServerContext> context_of(const TestPki& pki) {
    return std::make_shared<const ServerContext>(pki.server());
  }

  const TestPki pki_;
  SpareEngine spare_{context_of(pki_)};
};

TEST_F(Spare, IsGivenToOneAlone) {
  spare_.prepare(wall_now());
  EXPECT_TRUE(spare_.is_ready());
  const auto first = meet(pki_);
  EXPECT_FALSE(spare_.is_ready());
  const auto second = meet(pki_);
  EXPECT_NE(first.server, second.server);
  EXPECT_TRUE(first.is_established());
  EXPECT_TRUE(second.is_established()) << "who comes next has one of its own";
}

TEST_F(Spare, IsNeverOfTrustThatWasReplaced) {
  const TestPki other{wall_now(), "example.com", "Other Authority"};
  spare_.prepare(wall_now());
  spare_.use(context_of(other));
  EXPECT_FALSE(spare_.is_ready());
  EXPECT_TRUE(meet(other).is_established());
  spare_.prepare(wall_now());
  EXPECT_FALSE(meet(pki_).is_established());
  spare_.prepare(wall_now());
  EXPECT_TRUE(meet(other).is_established());
}

TEST_F(Spare, JudgesDatesWhenItIsUsed) {
  const auto device = pki_.device();
  spare_.prepare(wall_now());
  const auto late = meet(pki_, device.info.not_after + std::chrono::hours{1});
  EXPECT_FALSE(late.is_established());
  ASSERT_TRUE(late.server_error);
  spare_.prepare(device.info.not_after + std::chrono::hours{1});
  EXPECT_TRUE(meet(pki_).is_established()) << "whatever it was when it was made";
}

}  // namespace
}  // namespace sallyport
