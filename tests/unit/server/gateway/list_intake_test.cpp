#include "server/gateway/list_intake.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

/// A gateway with one foreign authority, whose lists come by URL.
class Lists : public ControlRoom {
 protected:
  Lists() {
    auto& corp = snapshot_.config.authorities.emplace_back();
    corp.rules.name = "corp";
    corp.crl = {"http://lists.example/corp.crl"};
    snapshot_.config.crl_number = directory_.file("crl.number");
    TrustSources sources{pki_.authority().certificate_pem(), pki_.crl(), true, {}};
    auto& foreign = sources.foreign.emplace_back();
    foreign.rules.name = "corp";
    foreign.certificates_pem = corp_.authority().certificate_pem();
    foreign.lists.push_back({"corp.crl", corp_.crl()});
    snapshot_.trust.bundle = TrustBundle::load(sources, pki_.now()).value();
    intake_.watch_revocations(0);
  }
  SourceReport failure(const std::string& error) const {
    return {.round = round_, .source = 0, .outcome = SourceOutcome::Failed, .error = error, .at = now_.wall};
  }

  SourceReport content(const std::string& text) const {
    auto report = failure({});
    report.outcome = SourceOutcome::Content;
    report.lists.push_back({.origin = "http://lists.example/corp.crl",
                            .content = text,
                            .error = {},
                            .source = "http://lists.example/corp.crl"});
    return report;
  }
  [[nodiscard]] bool is_revoked(const std::string& serial) const {
    const auto& bundle = *snapshot_.trust.bundle;
    return bundle.is_revoked_by(bundle.id_of(bundle.authorities().back()), serial);
  }

  const TestPki corp_{now_.wall, "corp.example", "Corp Authority"};
  const std::string config_path_ = "gateway.toml";
  AuthorityDesk authorities_{books_, orders_};
  OutlookKeeper outlook_{books_};
  TrustDesk trust_{snapshot_, config_path_, books_, orders_, authorities_, outlook_, [] {}};
  std::uint64_t round_ = 0;
  std::vector<ListSource> watched_;
  int refused_ = 0;
  ListIntake intake_{books_,
                     trust_,
                     {.watch =
                          [this](std::uint64_t round, std::vector<ListSource> sources) {
                            round_ = round;
                            watched_ = std::move(sources);
                          },
                      .was_refused = [this](std::uint64_t, std::size_t) { ++refused_; }}};
};

TEST_F(Lists, ComeFromThePlacesOfTheConfiguration) {
  ASSERT_EQ(watched_.size(), 1U);
  EXPECT_EQ(watched_.front().place, "http://lists.example/corp.crl");
  ASSERT_EQ(intake_.revocations().sources().size(), 1U);
}

TEST_F(Lists, ThatDoNotComeAreSaidOnce) {
  intake_.take(failure("no route"));
  intake_.take(failure("no route"));
  EXPECT_EQ(times_said("revocation.failed"), 1);
}

TEST_F(Lists, ThatCannotBeReadAreAskedForAgain) {
  intake_.take(content("no list"));
  EXPECT_EQ(refused_, 1);
  EXPECT_EQ(times_said("revocation.failed"), 1);
}

TEST_F(Lists, ThatAreNewerAreInForceAtOnce) {
  ASSERT_EQ(snapshot_.trust.bundle->rules_of(snapshot_.trust.bundle->authorities().back()).name, "corp");
  EXPECT_FALSE(is_revoked("0a"));
  intake_.take(content(corp_.crl({"0a"}, 2)));
  EXPECT_TRUE(is_revoked("0a"));
  EXPECT_EQ(snapshot_.trust_generation, 2U);
  EXPECT_EQ(refused_, 0);
}

TEST_F(Lists, OfAnEarlierRoundOrOfAGatewayThatStopsAreNotLookedAt) {
  auto old = failure("no route");
  old.round += 1;
  intake_.take(old);
  intake_.close();
  intake_.take(failure("no route"));
  EXPECT_EQ(times_said("revocation.failed"), 0);
}

}  // namespace
}  // namespace sallyport
