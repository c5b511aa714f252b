#include "common/wire/posture_request.hpp"

#include "common/wire/capsule.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

TEST(PostureRequest, StandsInThePostureCapsuleAsDocumented) {
  ByteBuffer stream;
  append_posture_request(stream);
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  ASSERT_TRUE(capsule && *capsule);
  EXPECT_EQ((*capsule)->type, CapsuleType::Posture);
  EXPECT_EQ(as_text((*capsule)->payload), R"({"v":1,"want":"challenge"})");
  EXPECT_EQ(parse_posture_request((*capsule)->payload), true);
}

TEST(PostureRequest, WishesOfLaterReleasesAreNone) {
  EXPECT_EQ(parse_posture_request(as_bytes(R"({"v":2,"want":"tea","more":[1]})")), false);
}

TEST(PostureRequest, IsAnObjectWithAWish) {
  for (const auto* text : {"", "{", "[]", "{}", R"({"want":1})", R"({"want":""})", R"({"want":["challenge"]})"}) {
    EXPECT_FALSE(parse_posture_request(as_bytes(text))) << text;
  }
  EXPECT_FALSE(parse_posture_request(as_bytes(R"({"want":"challenge","a":")" + std::string(70'000, 'x') + "\"}")));
}

}  // namespace
}  // namespace sallyport
