#include "client/cli/login_need.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

const WaitingPlaces kProd{{"prod"}, 0};

TEST(LoginNeed, IsThatOfANameThatWaits) {
  EXPECT_EQ(need_of(kProd, "prod", false), NameNeed::Ask);
  EXPECT_EQ(need_of(kProd, "prodd", false), NameNeed::Misspelt);
  EXPECT_EQ(likely_place(kProd, "prodd"), "prod");
  EXPECT_EQ(need_of(kProd, "billing", false), NameNeed::NotWaiting);
  EXPECT_EQ(need_of({}, "prod", false), NameNeed::NotWaiting);
}

TEST(LoginNeed, MayBeThatOfANameWhichTheGatewayLeftOff) {
  EXPECT_EQ(need_of({{"prod"}, 3}, "billing", false), NameNeed::Ask);
  EXPECT_EQ(need_of({{"prod"}, 3}, "prodd", false), NameNeed::Ask);
}

TEST(LoginNeed, IsThereWhenSomethingIsToBeProvedAgain) {
  EXPECT_EQ(need_of({}, "prod", true), NameNeed::Ask);
  EXPECT_EQ(need_of(kProd, "prod2", true), NameNeed::Ask);
}

TEST(LoginNeed, IsReadFromWhatTheServiceSays) {
  const auto waiting = waiting_in({{"proof", {{"waiting", {"prod", 7, "web"}}, {"left_off", 2U}}}});
  EXPECT_EQ(waiting.names, (std::vector<std::string>{"prod", "web"}));
  EXPECT_EQ(waiting.left_off, 2U);
  for (const auto& odd : {nlohmann::json::object(), nlohmann::json{{"proof", 7}}, nlohmann::json{{"proof", nullptr}}}) {
    EXPECT_TRUE(waiting_in(odd).names.empty()) << odd;
  }
}

}  // namespace
}  // namespace sallyport
