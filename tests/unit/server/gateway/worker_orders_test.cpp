#include "server/gateway/worker_orders.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Orders : public ControlRoom {};

TEST_F(Orders, SayHowManySessionsEndedOnceAllWorkersHaveCarriedItOut) {
  std::optional<std::size_t> ended;
  orders_.end_sessions({SessionId{1}, SessionId{2}}, EndReason::EndedByAdmin,
                       [&](std::size_t count) { ended = count; });
  EXPECT_EQ(workers_.last<command::End>()->sessions.size(), 2U);
  EXPECT_FALSE(ended);
  carry_out<command::End>();
  EXPECT_EQ(ended, 2U);
}

TEST_F(Orders, JoinWhatTheWorkersCount) {
  std::optional<GatewayStatus> status;
  orders_.query([&](GatewayStatus found) { status = std::move(found); }, true);
  ASSERT_TRUE(workers_.last<command::List>()->is_brief);
  report::Listing listing{};
  listing.ticket = workers_.last<command::List>()->ticket;
  listing.sessions.resize(3);
  listing.queue.queued = 7;
  orders_.take(listing);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->sessions.size(), 3U);
  EXPECT_EQ(status->queue.queued, 7U);
  EXPECT_EQ(status->workers.size(), 1U);
}

TEST_F(Orders, ShowNoMoreFlowsThanWereAskedFor) {
  report::Flows shown;
  orders_.list_flows({SessionId{1}}, 2, [&](report::Flows flows) { shown = std::move(flows); });
  report::Flows found{.ticket = workers_.last<command::ListFlows>()->ticket, .flows = {}, .left_off = 1};
  found.flows.resize(5);
  orders_.take(found);
  EXPECT_EQ(shown.flows.size(), 2U);
  EXPECT_EQ(shown.left_off, 4U) << "those too that a worker left off";
}

}  // namespace
}  // namespace sallyport
