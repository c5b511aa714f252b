#include "server/trust/authority_files.hpp"

#include "common/pki/pem.hpp"
#include "server/trust/list_files.hpp"
#include "server/trust/revocation_cache.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sallyport {
namespace {

class AuthorityFiles : public testing::Test {
 protected:
  AuthorityFiles() {
    settings_.rules.name = "corp";
    settings_.certificates = write("corp.pem", corp_.authority().certificate_pem());
  }
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    const auto path = directory_.file(name);
    std::ofstream{path, std::ios::trunc} << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string make_directory(const std::string& name, mode_t mode = 0755) const {
    const auto path = directory_.file(name);
    EXPECT_EQ(::mkdir(path.c_str(), 0755), 0);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  Result<ForeignAuthority, Diagnostics> read() const { return read_authority(settings_, directory_.file("cache")); }
  std::string why_not() const {
    const auto authority = read();
    return authority ? "read" : to_string(authority.error());
  }

  const TestPki own_;
  const TestPki corp_{own_.now(), "corp.example", "Corp Authority"};
  const TemporaryDirectory directory_;
  AuthoritySettings settings_;
};

TEST_F(AuthorityFiles, AreAFileOrADirectory) {
  EXPECT_TRUE(read()) << why_not();
  settings_.certificates = make_directory("corp.d");
  EXPECT_NE(why_not().find("has no *.pem or *.crt"), std::string::npos) << why_not();
  write("corp.d/b.crt", corp_.authority().certificate_pem());
  write("corp.d/a.pem", TestPki{own_.now(), "x.example", "Second"}.authority().certificate_pem());
  write("corp.d/README", "not a certificate");
  const auto authority = read();
  ASSERT_TRUE(authority) << why_not();
  EXPECT_EQ(parse_certificates(authority->certificates_pem)->size(), 2U);
}

TEST_F(AuthorityFiles, MustBeOursAlone) {
  settings_.certificates = write("open.pem", corp_.authority().certificate_pem(), 0666);
  EXPECT_NE(why_not(), "read");
  settings_.certificates = make_directory("open.d", 0777);
  write("open.d/a.pem", corp_.authority().certificate_pem());
  EXPECT_NE(why_not(), "read") << "who may add a file adds an authority";
}

TEST_F(AuthorityFiles, AreNamedWhenTheyAreWrong) {
  settings_.certificates = write("broken.pem", "nothing");
  EXPECT_NE(why_not().find("broken.pem"), std::string::npos) << why_not();
  settings_.certificates = directory_.file("missing.pem");
  EXPECT_NE(why_not().find("missing.pem"), std::string::npos) << why_not();
}

TEST_F(AuthorityFiles, OfferTheListsOfFilesAndDirectories) {
  const auto lists = make_directory("lists");
  write("lists/a.crl", corp_.crl({}, 1));
  write("lists/b.pem", corp_.crl({}, 2), 0666);
  write("lists/notes.txt", "x");
  settings_.crl = {write("one.crl", corp_.crl({}, 3)), lists, "http://pki.example.com/x.crl"};
  const auto authority = read();
  ASSERT_TRUE(authority) << why_not();
  ASSERT_EQ(authority->lists.size(), 3U) << "URLs are not asked";
  EXPECT_TRUE(authority->lists[2].error.empty()) << "lists are signed: who may write them does not matter";
}

TEST_F(AuthorityFiles, OfferWhatCannotBeReadWithItsError) {
  settings_.crl = {directory_.file("missing.crl")};
  settings_.crl_max_size = 64;
  settings_.crl.push_back(write("large.crl", corp_.crl()));
  const auto authority = read();
  ASSERT_TRUE(authority);
  ASSERT_EQ(authority->lists.size(), 2U);
  EXPECT_FALSE(authority->lists[0].error.empty());
  EXPECT_FALSE(authority->lists[1].error.empty()) << "larger than allowed";
}

TEST_F(AuthorityFiles, AreNotSpoiltByOneThatCannotBeReadBesideThem) {
  const auto lists = make_directory("lists");
  write("lists/a.crl", std::string(99999, 'x'));
  write("lists/b.crl", corp_.crl());
  settings_.crl = {lists};
  settings_.crl_max_size = 9999;
  const auto authority = read();
  ASSERT_TRUE(authority);
  ASSERT_EQ(authority->lists.size(), 2U);
  EXPECT_FALSE(authority->lists[0].error.empty());
  EXPECT_TRUE(authority->lists[1].error.empty());
  for (const auto& list : authority->lists) EXPECT_EQ(list.source, lists);
}

TEST_F(AuthorityFiles, BoundTheNumberOfFilesInADirectory) {
  const auto lists = make_directory("lists");
  for (int i = 0; i < 65; ++i) write("lists/" + std::to_string(i) + ".crl", "x");
  EXPECT_FALSE(read_list_files(lists, 1024));
}

TEST_F(AuthorityFiles, HaveTheListThatWasGoodLast) {
  TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, {}};
  sources.foreign = {{settings_.rules, corp_.authority().certificate_pem(), {{"x", corp_.crl({"0a"}, 7)}}}};
  const auto bundle = TrustBundle::load(sources, own_.now());
  ASSERT_TRUE(bundle) << bundle.error().words;
  const auto cache = directory_.file("cache");
  ASSERT_TRUE(cache_lists(cache, **bundle));
  const auto authority = read();
  ASSERT_TRUE(authority);
  ASSERT_EQ(authority->lists.size(), 1U) << "ours is not kept there";
  sources.foreign = {*authority};
  const auto again = TrustBundle::load(sources, own_.now());
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->revocation_lists().back().number(), 7U);
  struct stat status {};
  ASSERT_EQ(::stat(authority->lists[0].origin.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto written = status.st_mtim.tv_nsec;
  ASSERT_TRUE(cache_lists(cache, **again));
  ASSERT_EQ(::stat(authority->lists[0].origin.c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_nsec, written) << "nothing changed, nothing is written";
}

}  // namespace
}  // namespace sallyport
