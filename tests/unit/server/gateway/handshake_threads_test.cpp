#include "server/gateway/handshake_threads.hpp"

#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

std::shared_ptr<const ServerContext> context_of(const TestPki& pki) {
  return std::make_shared<const ServerContext>(pki.server());
}

/// Whoever else holds the context that came is a thread that uses it.
TEST(HandshakeThreads, UseNoLibraryContextTogether) {
  const TestPki pki;
  const auto first = context_of(pki);
  HandshakeThreads threads{3,
                           {},
                           TlsIdentity{first, 1},
                           HandshakeLimits{},
                           HandshakeService::Handlers{.on_verified = [](VerifiedConnection&&) { return false; },
                                                      .on_post = [](VerifiedConnection&&) { return false; },
                                                      .on_refused = [](RefusedHandshake&&) {}}};
  EXPECT_EQ(first.use_count(), 2);
  const auto next = context_of(pki);
  threads.replace_identity(TlsIdentity{next, 2});
  EXPECT_EQ(next.use_count(), 2);
}

}  // namespace
}  // namespace sallyport
