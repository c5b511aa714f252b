#include "common/tls/rehearsal.hpp"

#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Rehearsal, IsAWholeHandshakeAndWhatFollows) { EXPECT_TRUE(rehearse_handshake(wall_now())); }

}  // namespace
}  // namespace sallyport
