#include "client/posture/asked_names.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

PostureWants files(int first, int count) {
  PostureWants wants;
  for (int i = first; i < first + count; ++i) wants.files.push_back("/f" + std::to_string(i));
  return wants;
}

TEST(AskedNames, AdmitsWhatAnHonestGatewayAsksAndTellsWhatIsNew) {
  AskedNames names;
  const PostureWants wants{{"x"}, {"/x"}};
  EXPECT_EQ(names.admit(wants).fresh, (std::vector<std::string>{"process x", "file /x"}));
  const auto again = names.admit(wants);
  EXPECT_EQ(again.wants, wants);
  EXPECT_TRUE(again.fresh.empty());
}

TEST(AskedNames, AnswersNoMoreToAGatewayThatAsksAboutEverOtherNames) {
  AskedNames names;
  std::size_t answered = 0;
  for (int round = 0; round < 100; ++round) answered += names.admit(files(round * 64, 64)).wants.size();
  EXPECT_EQ(answered, AskedNames::kMost);
  const auto known = names.admit(files(0, 64));
  EXPECT_EQ(known.wants, files(0, 64)) << "what was admitted once stays";
  EXPECT_EQ(known.refused, 0U);
  const auto refused = names.admit(files(10'000, 3));
  EXPECT_EQ(refused.refused, 3U);
  EXPECT_FALSE(refused.is_first_refusal) << "told before";
}

}  // namespace
}  // namespace sallyport
