#include "server/gateway/trust_loader.hpp"

#include "server/gateway/unread_keeper.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/unit/server/revocation/web_server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

/// A gateway's files, with authorities beside its own whose lists come by URL.
class TrustLoader : public testing::Test {
 protected:
  TrustLoader() {
    config_.name = "vpn.example.com";
    config_.trust_domain = "example.com";
    config_.state = directory_.path();
    config_.ca = write("ca.pem", own_.authority().certificate_pem());
    config_.crl = write("crl.pem", own_.crl());
    config_.crl_number = directory_.file("crl.number");
    const auto gateway = own_.gateway();
    config_.certificate = write("gateway.pem", gateway.certificate_pem);
    config_.key = directory_.file("gateway.key");
    EXPECT_TRUE(gateway.key.store(config_.key));
  }
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = directory_.file(name);
    std::ofstream{path, std::ios::trunc} << text;
    EXPECT_EQ(::chmod(path.c_str(), 0644), 0);
    return path;
  }
  void add(const std::string& name, const TestPki& pki, std::vector<std::string> urls) {
    AuthoritySettings& settings = config_.authorities.emplace_back();
    settings.rules.name = name;
    settings.rules.users.push_back(UserPattern::parse("*@example.com").value());
    settings.certificates = write(name + ".pem", pki.authority().certificate_pem());
    settings.crl = std::move(urls);
  }
  /// Loaded and in use, as far as files go.
  void use() const {
    const auto trust = load_trust(config_, own_.now());
    ASSERT_TRUE(trust) << to_string(trust.error());
    ASSERT_TRUE(remember_trust(config_, *trust));
  }

  const TestPki own_;
  const TestPki corp_{own_.now(), "corp.example", "Corp Authority"};
  const TestPki next_{own_.now(), "corp.example", "Next Corp Authority"};
  const TemporaryDirectory directory_;
  GatewayConfig config_;
};

std::function<std::string(const std::string&)> gives(const std::string& list) {
  return [list](const std::string&) { return WebServer::with_body(list); };
}

TEST_F(TrustLoader, FetchesTheListOfASuccessorThatWasAdded) {
  WebServer corp{gives(corp_.crl())};
  WebServer next{gives(next_.crl())};
  add("corp", corp_, {corp.url(), next.url()});
  use();
  const auto asked = corp.heads().size();
  use();
  EXPECT_EQ(corp.heads().size(), asked) << "what is kept is not fetched";
  write("corp.pem", corp_.authority().certificate_pem() + next_.authority().certificate_pem());
  const auto trust = load_trust(config_, own_.now());
  ASSERT_TRUE(trust) << to_string(trust.error());
  EXPECT_EQ(trust->bundle->authorities().size(), 3U);
  EXPECT_EQ(trust->bundle->revocation_lists().size(), 3U);
}

TEST_F(TrustLoader, RefusesASuccessorWhoseListNobodyHas) {
  WebServer corp{gives(corp_.crl())};
  add("corp", corp_, {corp.url()});
  use();
  write("corp.pem", corp_.authority().certificate_pem() + next_.authority().certificate_pem());
  const auto asked = corp.heads().size();
  const auto trust = load_trust(config_, own_.now());
  ASSERT_FALSE(trust);
  EXPECT_NE(to_string(trust.error()).find("no good revocation list of"), std::string::npos) << to_string(trust.error());
  EXPECT_EQ(corp.heads().size(), asked + 1) << "once";
}

/// An authority whose server has what nobody can read.
class UnreadTrust : public TrustLoader {
 protected:
  static std::string damaged(std::string list) {
    list[list.size() / 2] = '*';
    return list;
  }
  LoadedTrust loaded() const {
    auto trust = load_trust(config_, own_.now());
    EXPECT_TRUE(trust) << to_string(trust.error());
    return std::move(*trust);
  }
  /// The date of what is known of revocation by the foreign authority.
  static std::optional<WallTime> date_in(const TrustBundle& bundle) {
    return bundle.revocation_as_of(bundle.id_of(bundle.authorities().back()));
  }
  /// As the control thread does when its poller reports.
  LoadedTrust offered(LoadedTrust trust, const std::string& list, const std::string& source) const {
    auto offer = trust.bundle->offer("corp", {{source, list, {}, source}}, own_.now());
    EXPECT_TRUE(offer.newer);
    if (offer.newer) trust.bundle = std::move(offer.newer);
    EXPECT_TRUE(remember_trust(config_, trust));
    return trust;
  }
};

TEST_F(UnreadTrust, IsStaleAfterAReloadAndARestartToo) {
  WebServer corp{gives(corp_.crl({}, 5))};
  add("corp", corp_, {corp.url()});
  use();
  const auto stale = offered(loaded(), damaged(corp_.crl({}, 6)), corp.url());
  ASSERT_FALSE(date_in(*stale.bundle));
  EXPECT_FALSE(date_in(*loaded().bundle)) << "nobody has looked at the source since";
  use();
  EXPECT_FALSE(date_in(*loaded().bundle)) << "and what is kept is not worn out";
  const auto healed = offered(loaded(), corp_.crl({}, 6), corp.url());
  EXPECT_TRUE(date_in(*healed.bundle));
  EXPECT_TRUE(date_in(*loaded().bundle));
}

TEST_F(UnreadTrust, IsStaleAfterAReloadEvenWhereThatCouldNotBeWritten) {
  WebServer corp{gives(corp_.crl({}, 5))};
  add("corp", corp_, {corp.url()});
  use();
  const auto record = config_.revocation_cache() + "/unread";
  const auto offer =
      loaded().bundle->offer("corp", {{corp.url(), damaged(corp_.crl({}, 6)), {}, corp.url()}}, own_.now());
  ASSERT_TRUE(offer.newer);
  const auto reloaded = load_trust(config_, own_.now(), offer.newer.get());
  ASSERT_TRUE(reloaded) << to_string(reloaded.error());
  EXPECT_FALSE(date_in(*reloaded->bundle));
  ASSERT_EQ(::mkdir(record.c_str(), 0700), 0);
  EXPECT_FALSE(remember_trust(config_, *reloaded)) << "in words, and the running one stays";
  EXPECT_FALSE(load_trust(config_, own_.now())) << "what cannot be read is never taken for nothing";
}

TEST_F(UnreadTrust, IsStaleAfterARestartOnceWhatCouldNotBeWrittenIsWritten) {
  WebServer corp{gives(corp_.crl({}, 5))};
  add("corp", corp_, {corp.url()});
  use();
  const std::vector<OfferedList> lists{{corp.url(), damaged(corp_.crl({}, 6)), {}, corp.url()}};
  const auto bundle = loaded().bundle->offer("corp", lists, own_.now()).newer;
  ASSERT_TRUE(bundle);
  EXPECT_FALSE(bundle->offer("corp", lists, own_.now()).newer) << "no source will say it again";
  const auto record = config_.revocation_cache() + "/unread";
  ASSERT_EQ(::mkdir(record.c_str(), 0700), 0);
  UnreadKeeper keeper;
  EXPECT_FALSE(keeper.is_behind());
  EXPECT_FALSE(keeper.keep(config_.revocation_cache(), *bundle));
  EXPECT_TRUE(keeper.is_behind());
  ASSERT_EQ(::rmdir(record.c_str()), 0);
  EXPECT_TRUE(keeper.keep(config_.revocation_cache(), *bundle));
  EXPECT_FALSE(keeper.is_behind());
  EXPECT_FALSE(date_in(*loaded().bundle));
}

TEST_F(UnreadTrust, IsStaleAfterAReloadThatFindsTheRecordDamaged) {
  WebServer corp{gives(corp_.crl({}, 5))};
  add("corp", corp_, {corp.url()});
  use();
  const auto stale = offered(loaded(), damaged(corp_.crl({}, 6)), corp.url());
  std::ofstream{config_.revocation_cache() + "/unread", std::ios::trunc} << "{";
  EXPECT_FALSE(load_trust(config_, own_.now())) << "what cannot be read is never taken for nothing";
  const auto reloaded = load_trust(config_, own_.now(), stale.bundle.get());
  ASSERT_TRUE(reloaded) << to_string(reloaded.error());
  EXPECT_FALSE(date_in(*reloaded->bundle));
  ASSERT_TRUE(remember_trust(config_, *reloaded));
  EXPECT_FALSE(date_in(*loaded().bundle)) << "and the record is whole again";
}

TEST_F(UnreadTrust, LetsNobodyInAfterItsServerHasGone) {
  std::string url;
  {
    WebServer corp{gives(damaged(corp_.crl()))};
    url = corp.url();
    add("corp", corp_, {url});
    config_.authorities.front().rules.crl_required = false;
    use();
  }
  const auto trust = loaded();
  const auto problem = trust.bundle->problem_of(trust.bundle->authorities().back(), own_.now());
  ASSERT_TRUE(problem) << "the fetch failed: nothing new is known";
  EXPECT_EQ(problem->problem, TrustProblem::UnreadCrl);
  config_.authorities.front().crl = {directory_.file("elsewhere.crl")};
  const auto elsewhere = loaded();
  EXPECT_FALSE(elsewhere.bundle->problem_of(elsewhere.bundle->authorities().back(), own_.now()))
      << "a place that is configured no more says nothing";
}

TEST_F(TrustLoader, AsksAllAuthoritiesAtOnce) {
  const auto slow = [](const std::string& list) {
    return [list](const std::string&) {
      std::this_thread::sleep_for(milliseconds{600});
      return WebServer::with_body(list);
    };
  };
  WebServer corp{slow(corp_.crl())};
  WebServer next{slow(next_.crl())};
  add("corp", corp_, {corp.url()});
  add("next", next_, {next.url()});
  const auto begun = std::chrono::steady_clock::now();
  const auto trust = load_trust(config_, own_.now());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds{1100});
  ASSERT_TRUE(trust) << to_string(trust.error());
  EXPECT_EQ(trust->bundle->revocation_lists().size(), 3U);
}

}  // namespace
}  // namespace sallyport
