#include "server/enrolment/device_name.hpp"

#include "common/pki/identity_name.hpp"
#include "server/enrolment/token.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

TEST(DeviceName, IsMadeFromThePersons) {
  EXPECT_EQ(device_name_from(UserId{"ana.diaz@example.com"}), "ana-diaz");
  EXPECT_EQ(device_name_from(UserId{"Ana@example.com"}), "ana");
  EXPECT_EQ(device_name_from(UserId{"a_b+c@example.com"}), "a-b-c");
  EXPECT_EQ(device_name_from(UserId{std::string(200, 'x') + "@example.com"}).size(), 48U);
}

TEST(DeviceName, HasDigitsThatDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 50; ++i) {
    const auto name = random_device_name(UserId{std::string(60, 'x') + "@example.com"});
    ASSERT_TRUE(name);
    EXPECT_TRUE(is_device_id(name->text())) << name->text();
    names.insert(name->text());
  }
  EXPECT_GT(names.size(), 45U);
}

TEST(EnrolmentToken, IsLongRandomAndHashed) {
  const auto one = make_token();
  const auto two = make_token();
  ASSERT_TRUE(one && two);
  EXPECT_TRUE(one->text.starts_with("spt_"));
  EXPECT_EQ(one->text.size(), 44U) << "160 random bits in hexadecimal";
  EXPECT_NE(one->text, two->text);
  EXPECT_NE(one->id, two->id);
  EXPECT_EQ(one->text.find(one->id), std::string::npos) << "the name gives nothing of the token away";
  EXPECT_EQ(hash_of_token(one->text).value(), one->hash);
  EXPECT_NE(one->hash, two->hash);
}

}  // namespace
}  // namespace sallyport
