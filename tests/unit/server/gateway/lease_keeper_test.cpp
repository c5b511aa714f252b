#include "server/gateway/lease_keeper.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Leases : public ControlRoom {
 protected:
  void come_back(const std::string& device, std::vector<DeviceId> taken_from = {}) {
    PeerIdentity peer;
    peer.device = DeviceId{device};
    Lease lease;
    lease.taken_from = std::move(taken_from);
    keeper_.note_leased(peer, lease);
  }
  bool may_lose(const std::string& device, const SessionGrant& draft = {}, bool is_revoked = false) {
    return keeper_.may_lose_lease(draft)(DeviceId{device}, is_revoked);
  }

  LeaseKeeper keeper_{books_};
};

TEST_F(Leases, OfWhoIsConnectedGoToNobody) {
  pass(std::chrono::minutes{2});
  (void)connect();
  EXPECT_FALSE(may_lose("ana-laptop"));
  EXPECT_TRUE(may_lose("bo-laptop"));
}

TEST_F(Leases, OfDevicesThatAreOnTheirWayBackAfterAStartAreKept) {
  EXPECT_FALSE(may_lose("bo-laptop"));
  come_back("bo-laptop");
  EXPECT_TRUE(may_lose("bo-laptop")) << "it was here, and has gone since";
  EXPECT_FALSE(may_lose("cy-laptop"));
  pass(std::chrono::minutes{1});
  EXPECT_TRUE(may_lose("cy-laptop"));
}

TEST_F(Leases, OfNobodyButRevokedDevicesGoToADrill) {
  pass(std::chrono::minutes{2});
  SessionGrant drill;
  drill.own_policy = snapshot_.policy.policy;
  EXPECT_FALSE(may_lose("bo-laptop", drill));
  EXPECT_TRUE(may_lose("bo-laptop", drill, true));
}

TEST_F(Leases, ThatMoveAreRecorded) {
  come_back("ana-laptop", {DeviceId{"bo-laptop"}});
  ASSERT_EQ(records_of("lease.moved").size(), 1U);
  EXPECT_EQ(records_of("lease.moved").front()["device"], "bo-laptop");
}

}  // namespace
}  // namespace sallyport
