#include "common/pki/pem.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

TEST(Pem, RoundTripsEveryLength) {
  for (std::size_t size = 1; size < 200; ++size) {
    ByteBuffer bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
    const auto back = from_pem("X", to_pem("X", bytes));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 1U);
    EXPECT_EQ(back->front(), bytes) << size;
  }
}

TEST(Pem, FindsEveryBlockOfItsLabelAndSkipsTheRest) {
  const std::string text = "words\n" + to_pem("A", as_bytes("one")) + to_pem("B", as_bytes("no")) + "more\r\n" +
                           to_pem("A", as_bytes("two"));
  const auto blocks = from_pem("A", text);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ(as_text((*blocks)[0]), "one");
  EXPECT_EQ(as_text((*blocks)[1]), "two");
  EXPECT_TRUE(from_pem("C", text)->empty());
}

TEST(Pem, RefusesDamage) {
  for (const char* body : {"", "YQ", "YQ=", "Y===", "YQ==YQ==", "Y*==", "=YQ=", "YWJj\n-", "YQ==\n===="}) {
    const std::string text = std::string{"-----BEGIN A-----\n"} + body + "\n-----END A-----\n";
    EXPECT_FALSE(from_pem("A", text)) << body;
  }
  EXPECT_FALSE(from_pem("A", "-----BEGIN A-----\nYQ==\n"));
  EXPECT_FALSE(from_pem("A", "-----BEGIN A-----\nYQ==\n" + to_pem("A", as_bytes("b")))) << "one that is never ended";
}

TEST(Pem, FindsTheBlocksAroundADamagedOne) {
  const auto text = to_pem("A", as_bytes("one")) + "-----BEGIN A-----\nY*==\n-----END A-----\n" +
                    "-----BEGIN A-----\nYQ==\n" + to_pem("A", as_bytes("four")) + "-----BEGIN A-----\n";
  const auto blocks = pem_blocks("A", text);
  ASSERT_EQ(blocks.size(), 5U);
  EXPECT_EQ(as_text(*blocks[0].content), "one");
  EXPECT_FALSE(blocks[1].content);
  EXPECT_TRUE(blocks[1].is_ended);
  EXPECT_FALSE(blocks[2].content);
  EXPECT_FALSE(blocks[2].is_ended);
  EXPECT_EQ(as_text(*blocks[3].content), "four");
  EXPECT_FALSE(blocks[4].is_ended);
}

}  // namespace
}  // namespace sallyport
