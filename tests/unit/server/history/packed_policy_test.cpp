#include "server/history/packed_policy.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

std::vector<PolicyFile> unpacked(const PackedPolicy& policy, const std::string& prefix = {}) {
  auto files = unpack_policy(policy.octets, prefix);
  EXPECT_TRUE(files.has_value());
  return files ? *files : std::vector<PolicyFile>{};
}

TEST(PackedPolicy, HasTheFormThatIsDocumented) {
  const auto policy = pack_policy({{"/etc/sallyport/policy.d/10-a.toml", "version = 1\n"}});
  ASSERT_TRUE(policy.has_value());
  EXPECT_EQ(policy->octets, "sallyport-policy-files 1\n9 12\n10-a.toml\nversion = 1\n\n");
  EXPECT_EQ(policy->digest, *digest_of(policy->octets));
}

TEST(PackedPolicy, GivesBackNamesAndOctetsWhateverTheyHold) {
  const std::string odd{"\0\n12 3\n\xff#", 9};
  const auto policy = pack_policy({{"d/b c\n.toml", odd}, {"d/a.toml", ""}});
  ASSERT_TRUE(policy.has_value());
  const auto files = unpacked(*policy, "version 7: ");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "version 7: a.toml");
  EXPECT_EQ(files[0].text, "");
  EXPECT_EQ(files[1].name, "version 7: b c\n.toml");
  EXPECT_EQ(files[1].text, odd);
}

TEST(PackedPolicy, DependsOnNamesAndOctetsAndNeitherOnOrderNorOnTheDirectory) {
  const auto of = [](std::vector<PolicyFile> files) { return pack_policy(std::move(files))->digest; };
  EXPECT_EQ(of({{"/x/a.toml", "1"}, {"/x/b.toml", "2"}}), of({{"/y/b.toml", "2"}, {"/y/a.toml", "1"}}));
  EXPECT_NE(of({{"a.toml", "1"}}), of({{"b.toml", "1"}}));
  EXPECT_NE(of({{"a.toml", "1"}}), of({{"a.toml", "1\n"}}));
  EXPECT_NE(of({{"a.toml", "12"}, {"b.toml", ""}}), of({{"a.toml", "1"}, {"b.toml", "2"}}));
  EXPECT_NE(of({}), of({{"a.toml", ""}}));
}

TEST(PackedPolicy, KeepsNoFilesThatAreNoPolicy) {
  for (const auto* name : {"", "a.txt", ".a.toml", "toml"}) {
    EXPECT_FALSE(pack_policy({{name, ""}}).has_value()) << name;
  }
  EXPECT_FALSE(pack_policy({{"x/a.toml", ""}, {"y/a.toml", ""}}).has_value()) << "the same name twice";
  EXPECT_FALSE(pack_policy({{std::string(300, 'a') + ".toml", ""}}).has_value());
  EXPECT_FALSE(pack_policy({{"a.toml", std::string(kMaxPolicyFileSize + 1, ' ')}}).has_value());
  EXPECT_FALSE(pack_policy(std::vector<PolicyFile>(kMaxPolicyFiles + 1, {"a.toml", ""})).has_value());
}

TEST(PackedPolicy, KeepsNothingLargerThanItsBound) {
  std::vector<PolicyFile> files;
  for (int i = 0; i < 65; ++i) files.push_back({std::to_string(i) + ".toml", std::string(kMaxPolicyFileSize, '\n')});
  const auto policy = pack_policy(files);
  ASSERT_FALSE(policy.has_value());
  EXPECT_NE(policy.error().find("too large"), std::string::npos) << policy.error();
  files.pop_back();
  EXPECT_TRUE(pack_policy(files).has_value());
}

TEST(PackedPolicy, TakesNothingButWhatItMakes) {
  const auto whole = pack_policy({{"a.toml", "1"}, {"b.toml", "22"}})->octets;
  ASSERT_TRUE(unpack_policy(whole).has_value());
  // A file ends at a line; everything shorter than all files is either fewer whole ones or nothing.
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = unpack_policy(whole.substr(0, size));
    EXPECT_TRUE(!cut || pack_policy(*cut)->octets == whole.substr(0, size)) << size;
  }
  for (const auto* text : {"", "sallyport-policy-files 2\n", "sallyport-policy-files 1", "sallyport-policy-files 1\n\n",
                           "sallyport-policy-files 1\n06 1\na.toml\n1\n",                    // leading zero
                           "sallyport-policy-files 1\n6 1\na.toml\n11\n",                    // longer than it says
                           "sallyport-policy-files 1\n6 1\na.toml\n",                        // no text
                           "sallyport-policy-files 1\n6 -1\na.toml\n1\n",                    //
                           "sallyport-policy-files 1\n6 99999999999\na.toml\n1\n",           //
                           "sallyport-policy-files 1\n8 1\n../a.tom\n1\n",                   // no policy file's name
                           "sallyport-policy-files 1\n9 1\n../a.toml\n1\n",                  // a way out
                           "sallyport-policy-files 1\n6 1\nb.toml\n1\n6 1\na.toml\n1\n",     // order
                           "sallyport-policy-files 1\n6 1\na.toml\n1\n6 1\na.toml\n1\n"}) {  // twice
    EXPECT_FALSE(unpack_policy(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sallyport
