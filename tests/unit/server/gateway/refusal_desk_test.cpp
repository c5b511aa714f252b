#include "server/gateway/refusal_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Refusals : public ControlRoom {
 protected:
  void refuse(HandshakeRefusal refusal = HandshakeRefusal::TooFast) {
    desk_.post(
        RefusedHandshake{.source = *IpAddress::parse("192.0.2.9"), .refusal = refusal, .detail = {}, .words = "w"});
  }
  void hear_all() {
    for (const auto& message : sent_) desk_.take(std::get<RefusedHandshake>(message));
    sent_.clear();
  }
  [[nodiscard]] std::uint64_t counted(const std::string& reason) const {
    for (const auto& [name, count] : tally_.handshakes_refused.entries())
      if (name == reason) return count;
    return 0;
  }

  bool has_room_ = true;
  std::vector<ControlMessage> sent_;
  RefusalDesk desk_{books_, tally_, [this](ControlMessage&& message) {
                      if (!has_room_) return false;
                      sent_.push_back(std::move(message));
                      return true;
                    }};
};

TEST_F(Refusals, AreCountedWhereTheyAreMadeAndRecordedWhenTheyArrive) {
  refuse();
  EXPECT_EQ(counted("too_fast"), 1U);
  EXPECT_TRUE(records_of("handshake.refused").empty());
  hear_all();
  const auto records = records_of("handshake.refused");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.front()["reason"], "too_fast");
  EXPECT_EQ(records.front()["source"], "192.0.2.9");
}

TEST_F(Refusals, OfARenewalNameTheDevice) {
  PeerIdentity peer;
  peer.device = DeviceId{"ana-laptop"};
  desk_.post(EstRefused{.source = *IpAddress::parse("192.0.2.9"), .peer = peer, .reason = "too_many", .words = "w"});
  ASSERT_EQ(sent_.size(), 1U);
  desk_.take(std::get<EstRefused>(sent_.front()));
  const auto records = records_of("renewal.refused");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.front()["device"], "ana-laptop");
}

TEST_F(Refusals, ThatFindNoRoomArriveAsACount) {
  has_room_ = false;
  for (int i = 0; i < 3; ++i) refuse();
  desk_.gather();
  journal_.tell_left_out(true);
  ASSERT_EQ(records_of("records.left_out").size(), 1U);
  EXPECT_EQ(records_of("records.left_out").front()["count"], 3U);
  EXPECT_EQ(counted("too_fast"), 3U);
}

TEST_F(Refusals, BeyondThoseThatMayWaitArriveAsACount) {
  for (std::size_t i = 0; i < RefusalGate::kMostWaiting + 2; ++i) refuse();
  EXPECT_EQ(sent_.size(), RefusalGate::kMostWaiting);
  hear_all();
  refuse();
  EXPECT_EQ(sent_.size(), 1U) << "those before have been heard";
  desk_.gather();
  EXPECT_GE(journal_.left_out(), 2U);
}

}  // namespace
}  // namespace sallyport
