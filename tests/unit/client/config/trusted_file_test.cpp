#include "client/config/trusted_file.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr uid_t kSelf = 900;
constexpr uid_t kStranger = 1000;

struct Standing {
  const char* name;
  FileStanding file;
  FileStanding directory;
  bool trusted;
};

class TrustedFile : public testing::TestWithParam<Standing> {};

TEST_P(TrustedFile, IsOneThatOnlyRootAndThisUserCanChange) {
  EXPECT_EQ(reason_to_distrust(GetParam().file, GetParam().directory, kSelf).empty(), GetParam().trusted);
}

INSTANTIATE_TEST_SUITE_P(Table, TrustedFile,
                         testing::Values(Standing{"OfRoot", {0, 0644}, {0, 0755}, true},
                                         Standing{"OfSelf", {kSelf, 0600}, {0, 0755}, true},
                                         Standing{"InADirectoryOfSelf", {0, 0644}, {kSelf, 0700}, true},
                                         Standing{"InAStickyDirectory", {kSelf, 0644}, {0, 01777}, true},
                                         Standing{"OfAStranger", {kStranger, 0644}, {0, 0755}, false},
                                         Standing{"WritableByTheGroup", {0, 0664}, {0, 0755}, false},
                                         Standing{"WritableByAll", {0, 0646}, {0, 0755}, false},
                                         Standing{"InADirectoryOfAStranger", {0, 0644}, {kStranger, 0755}, false},
                                         Standing{"InADirectoryOfTheGroup", {0, 0644}, {0, 0775}, false},
                                         Standing{"InADirectoryOfAll", {0, 0644}, {0, 0777}, false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(TrustedFile, IsNoDirectory) { EXPECT_FALSE(require_trusted_file("/")); }

}  // namespace
}  // namespace sallyport
