#include "common/tls/rehearsal.hpp"

#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Rehearsal, IsAWholeHandshakeAndWhatFollows) { EXPECT_TRUE(rehearse_handshake(wall_now())); }

TEST(Rehearsal, IsOneAtAnyDate) {
  EXPECT_TRUE(rehearse_handshake(wall_now() + std::chrono::days{3650}));
  EXPECT_TRUE(rehearse_handshake(wall_now() - std::chrono::days{3650}));
}

}  // namespace
}  // namespace sallyport
