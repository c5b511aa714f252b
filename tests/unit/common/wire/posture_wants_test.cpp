#include "common/wire/posture_wants.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(PostureWants, AProcessIsABaseName) {
  for (const auto* name : {"falcon-sensor", "a b", "x.y", "\xc3\xa9"}) EXPECT_TRUE(is_process_name(name)) << name;
  for (const auto* name : {"", ".", "..", "a/b", "/a", "a\n", "a\x7f"}) EXPECT_FALSE(is_process_name(name)) << name;
  EXPECT_TRUE(is_process_name(std::string(255, 'a')));
  EXPECT_FALSE(is_process_name(std::string(256, 'a')));
  EXPECT_FALSE(is_process_name(std::string_view{"a\0b", 3}));
}

TEST(PostureWants, AFileIsAnAbsoluteNormalisedPathWithoutPatterns) {
  for (const auto* path : {"/a", "/etc/corp/managed", "/a b/..c/.d"}) EXPECT_TRUE(is_file_path(path)) << path;
  for (const auto* path : {"", "/", "a", "a/b", "./a", "/a/", "//a", "/a//b", "/./a", "/a/.", "/a/..", "/../a", "/a*",
                           "/a?", "/[a]", "/a\n"}) {
    EXPECT_FALSE(is_file_path(path)) << path;
  }
  EXPECT_TRUE(is_file_path('/' + std::string(254, 'a')));
  EXPECT_FALSE(is_file_path('/' + std::string(255, 'a')));
}

TEST(PostureWants, CoverOnesThatAskForNoMore) {
  const PostureWants wants{{"a", "b"}, {"/x"}};
  EXPECT_TRUE(wants.covers({}));
  EXPECT_TRUE(wants.covers(wants));
  EXPECT_TRUE(wants.covers({{"b"}, {}}));
  EXPECT_FALSE(wants.covers({{"c"}, {}}));
  EXPECT_FALSE(wants.covers({{}, {"/x", "/y"}}));
}

}  // namespace
}  // namespace sallyport
