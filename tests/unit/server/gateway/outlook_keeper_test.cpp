#include "server/gateway/outlook_keeper.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Forecast : public ControlRoom {
 protected:
  OutlookKeeper keeper_{books_};
};

TEST_F(Forecast, IsWorkedOutAnewForWhoeverAsksAfterAMinuteAndAfterOtherTrust) {
  const auto first = keeper_.fresh_outlook().number();
  EXPECT_EQ(keeper_.fresh_outlook().number(), first);
  pass(std::chrono::seconds{61});
  const auto second = keeper_.fresh_outlook().number();
  EXPECT_NE(second, first);
  keeper_.forget();
  EXPECT_NE(keeper_.fresh_outlook().number(), second);
}

TEST_F(Forecast, WarnsOnceADayOfWhatEndsSoon) {
  pass(std::chrono::days{3650});
  keeper_.handle_timeout();
  const auto said = times_said("trust.forecast");
  EXPECT_GT(said, 0) << "ten years on, everything has ended";
  pass(std::chrono::hours{23});
  keeper_.handle_timeout();
  EXPECT_EQ(times_said("trust.forecast"), said);
  pass(std::chrono::hours{1});
  keeper_.handle_timeout();
  EXPECT_GT(times_said("trust.forecast"), said);
}

}  // namespace
}  // namespace sallyport
