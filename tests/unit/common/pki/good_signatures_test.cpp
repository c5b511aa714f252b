#include "common/pki/good_signatures.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

Sha256Digest name(const std::string& certificate, const std::string& key = "key") {
  return GoodSignatures::name_of({as_bytes(certificate), as_bytes(key)}).value();
}

TEST(GoodSignatures, KnowOnlyWhatWasFoundGood) {
  GoodSignatures good;
  EXPECT_FALSE(good.contains(name("ana")));
  good.add(name("ana"));
  EXPECT_TRUE(good.contains(name("ana")));
  EXPECT_FALSE(good.contains(name("anb")));
}

TEST(GoodSignatures, TellPartsApartAndWhereEachEnds) {
  EXPECT_NE(name("ana", "one"), name("ana", "two"));
  EXPECT_NE(name("ab", "c"), name("a", "bc"));
  EXPECT_NE(name("abc", ""), GoodSignatures::name_of({as_bytes("abc")}));
  EXPECT_EQ(name("ana", "one"), name("ana", "one"));
}

TEST(GoodSignatures, ForgetWhatWasNotAskedForLatelyAndStayBounded) {
  GoodSignatures good;
  good.add(name("asked for"));
  good.add(name("not asked for"));
  for (std::size_t i = 0; i < 3 * GoodSignatures::kMost; ++i) {
    good.add(name(std::to_string(i)));
    if (i % 1000 == 0) {
      EXPECT_TRUE(good.contains(name("asked for"))) << i;
    }
  }
  EXPECT_TRUE(good.contains(name("asked for")));
  EXPECT_FALSE(good.contains(name("not asked for")));
  EXPECT_FALSE(good.contains(name("0")));
}

TEST(GoodSignatures, KeepNothingTwice) {
  GoodSignatures good;
  const std::size_t count = GoodSignatures::kMost + 100;
  for (std::size_t i = 0; i < count; ++i) good.add(name(std::to_string(i)));
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_TRUE(good.contains(name(std::to_string(i)))) << i;
  EXPECT_EQ(good.size(), count);
}

TEST(GoodSignatures, MayBeAskedFromSeveralThreads) {
  GoodSignatures good;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&good, thread] {
      for (int i = 0; i < 200; ++i) {
        const auto own = name(std::to_string(thread) + ' ' + std::to_string(i));
        good.add(own);
        EXPECT_TRUE(good.contains(own));
        EXPECT_FALSE(good.contains(name("none of them")));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace sallyport
