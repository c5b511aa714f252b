#include "common/pki/algorithm.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/der.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/trust_bundle.hpp"
#include "tests/support/sibling_authority.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using Loaded = Result<std::shared_ptr<const TrustBundle>, TrustError>;

/// Our own authority and one beside it, "corp".
class ForeignTrust : public testing::Test {
 protected:
  ForeignAuthority corp(std::vector<OfferedList> lists) const {
    return {{.name = "corp", .users = {*UserPattern::parse("*@example.com")}},
            corp_.authority().certificate_pem(),
            std::move(lists)};
  }
  Loaded load(std::vector<ForeignAuthority> foreign, HighWaterMark mark = {}, std::optional<WallTime> now = {}) const {
    TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, std::move(mark)};
    sources.foreign = std::move(foreign);
    return TrustBundle::load(sources, now.value_or(own_.now()));
  }
  OfferedList list(std::uint64_t number, WallTime from, WallTime until, std::vector<RevokedSerial> revoked = {}) const {
    return {"corp.crl", corp_.authority().issue_crl(revoked, number, from, until).value()};
  }
  OfferedList list(std::uint64_t number, std::vector<RevokedSerial> revoked = {}) const {
    return list(number, own_.now(), own_.now() + days{7}, std::move(revoked));
  }
  static const CertificateInfo& authority_of(const TrustBundle& bundle) { return bundle.authorities().back(); }

  const TestPki own_;
  const TestPki corp_{own_.now(), "corp.example", "Corp Authority"};
};

TEST_F(ForeignTrust, StandsBesideOurOwn) {
  const auto bundle = load({corp({list(1)})});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_EQ((*bundle)->authorities().size(), 2U);
  EXPECT_TRUE((*bundle)->rules_of((*bundle)->authorities().front()).is_own());
  EXPECT_EQ((*bundle)->rules_of(authority_of(**bundle)).name, "corp");
  EXPECT_EQ((*bundle)->issuer_of(corp_.device().info), &authority_of(**bundle));
  EXPECT_TRUE((*bundle)->faults().empty());
}

TEST_F(ForeignTrust, RevokesByAuthorityAndSerial) {
  const auto bundle = load({corp({list(1, {{"0a", own_.now()}})})});
  ASSERT_TRUE(bundle);
  const auto& own = (*bundle)->id_of((*bundle)->authorities().front());
  const auto& corp = (*bundle)->id_of(authority_of(**bundle));
  EXPECT_TRUE((*bundle)->is_revoked_by(corp, "0a"));
  EXPECT_FALSE((*bundle)->is_revoked_by(own, "0a")) << "the same number of another authority";
}

TEST_F(ForeignTrust, SharesNeitherKeyNorNameWithAnother) {
  auto twice = corp({list(1)});
  twice.rules.name = "other";
  const auto same_key = load({corp({list(1)}), twice});
  ASSERT_FALSE(same_key);
  EXPECT_EQ(same_key.error().problem, TrustProblem::SharedCa);
  EXPECT_NE(same_key.error().words.find("authority other"), std::string::npos) << same_key.error().words;
  const TestPki namesake{own_.now(), "corp.example", "Corp Authority"};
  auto same_name = corp({});
  same_name.rules = {.name = "other", .crl_required = false};
  same_name.certificates_pem = namesake.authority().certificate_pem();
  EXPECT_EQ(load({corp({list(1)}), same_name}).error().problem, TrustProblem::SharedCa);
  auto ours = corp({});
  ours.certificates_pem = own_.authority().certificate_pem();
  EXPECT_EQ(load({ours}).error().problem, TrustProblem::SharedCa);
}

TEST_F(ForeignTrust, HasOneNameForEachKey) {
  // Certificates that the first name signed would be held against the list of the other.
  const auto other = sibling_of(corp_.authority(), "Corp Renamed", corp_.authority(), days{1});
  auto twice = corp({list(1, {{"0a", own_.now()}})});
  twice.lists.push_back({"other.crl", other.issue_crl({}, 2, own_.now(), own_.now() + days{7}).value()});
  twice.certificates_pem += other.certificate_pem();
  const auto loaded = load({twice});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().problem, TrustProblem::SharedCa);
  for (const auto& part : {std::string{"authority corp"}, std::string{"CN=Corp Authority"},
                           std::string{"CN=Corp Renamed"}, other.certificate().serial_hex}) {
    EXPECT_NE(loaded.error().words.find(part), std::string::npos) << part << ": " << loaded.error().words;
  }
}

TEST_F(ForeignTrust, HasOneNameForEachKeyOfOursToo) {
  const auto& ours = own_.authority();
  const auto other = sibling_of(ours, "Renamed", ours);
  const TrustSources sources{ours.certificate_pem() + other.certificate_pem(), {}, false, {}};
  const auto loaded = TrustBundle::load(sources, own_.now());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().problem, TrustProblem::SharedCa) << loaded.error().words;
}

TEST_F(ForeignTrust, HasOneKeyForEachName) {
  // The TLS library knows lists by name alone: it takes one of the two, or refuses both.
  const TestPki next{own_.now(), "corp.example", "Corp Authority"};
  auto twice = corp({list(1)});
  twice.lists.push_back({"next.crl", next.crl({}, 2)});
  twice.certificates_pem += next.authority().certificate_pem();
  const auto loaded = load({twice});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().problem, TrustProblem::SharedCa) << loaded.error().words;
  const TestPki ours{own_.now(), own_.trust_domain(), "Test Authority"};
  const auto both = own_.authority().certificate_pem() + ours.authority().certificate_pem();
  EXPECT_FALSE(TrustBundle::load({both, own_.crl() + ours.crl(), true, {}}, own_.now()));
  EXPECT_TRUE(TrustBundle::load({both, {}, false, {}}, own_.now())) << "a laptop has no lists: each key by itself";
}

TEST_F(ForeignTrust, MayBeCertifiedAnewForItsNameAndKey) {
  const auto anew = sibling_of(corp_.authority(), "Corp Authority", corp_.authority(), days{1});
  auto twice = corp({list(1, {{"0a", own_.now()}})});
  twice.certificates_pem += anew.certificate_pem();
  const auto bundle = load({twice});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_TRUE((*bundle)->is_revoked_by((*bundle)->id_of(authority_of(**bundle)), "0a"));
}

TEST_F(ForeignTrust, TakesTheNewestOfAllSources) {
  const auto bundle = load({corp({list(3), list(5), list(4)})});
  ASSERT_TRUE(bundle);
  EXPECT_EQ((*bundle)->list_of(authority_of(**bundle))->number(), 5U);
  EXPECT_EQ((*bundle)->faults().size(), 1U) << "number 4 came when 5 was known; number 3 was good when it came";
}

TEST_F(ForeignTrust, ReadsDerAsWell) {
  auto offered = list(2);
  offered.content = std::string{as_text(from_pem("X509 CRL", offered.content)->front())};
  const auto bundle = load({corp({offered})});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_EQ((*bundle)->list_of(authority_of(**bundle))->number(), 2U);
}

TEST_F(ForeignTrust, GoesOnWithoutAListWhereNoneIsRequired) {
  auto foreign = corp({});
  foreign.rules.crl_required = false;
  const auto bundle = load({foreign});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_FALSE((*bundle)->problem_of(authority_of(**bundle), own_.now()));
  EXPECT_FALSE((*bundle)->revocation_as_of((*bundle)->id_of(authority_of(**bundle))));
}

TEST_F(ForeignTrust, NeedsTheListThatWasInForceOnceEvenWhereNoneIsRequired) {
  auto foreign = corp({list(5)});
  foreign.rules.crl_required = false;
  const auto before = load({foreign});
  ASSERT_TRUE(before) << before.error().words;
  foreign.lists.clear();
  const auto vanished = load({foreign}, (*before)->high_water_mark());
  ASSERT_FALSE(vanished) << "whoever it revoked would come back";
  EXPECT_EQ(vanished.error().problem, TrustProblem::MissingCrl);
  foreign.lists = {{"corp.crl", {}, "cannot be read"}};
  EXPECT_FALSE(load({foreign}, (*before)->high_water_mark()));
  foreign.lists = {list(5)};
  EXPECT_TRUE(load({foreign}, (*before)->high_water_mark()));
}

TEST_F(ForeignTrust, LocksOutItsOwnDevicesAloneWhenItEnds) {
  const auto at = corp_.authority().certificate().not_after + seconds{1};
  TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, {}};
  sources.foreign = {corp({list(1)})};
  const auto bundle = TrustBundle::load(sources, own_.now());
  ASSERT_TRUE(bundle);
  const auto& id = (*bundle)->id_of(authority_of(**bundle));
  EXPECT_EQ((*bundle)->session_problem(id, at)->problem, TrustProblem::CaExpired);
  EXPECT_EQ((*bundle)->problem_of(authority_of(**bundle), at)->problem, TrustProblem::CaExpired);
  EXPECT_FALSE((*bundle)->session_problem(id, own_.now()));
  EXPECT_EQ((*bundle)->session_problem("00", own_.now())->problem, TrustProblem::UnknownCa);
}

TEST_F(ForeignTrust, DatesEachAuthorityByItsOwnList) {
  const auto bundle = load({corp({list(1, own_.now() - hours{5}, own_.now() + days{1})})});
  ASSERT_TRUE(bundle);
  EXPECT_EQ((*bundle)->revocation_as_of((*bundle)->id_of(authority_of(**bundle))), own_.now() - hours{5});
  EXPECT_EQ((*bundle)->revocation_as_of((*bundle)->id_of((*bundle)->authorities().front())), own_.now());
  EXPECT_EQ((*bundle)->revocation_as_of_name("corp"), own_.now() - hours{5});
  EXPECT_EQ((*bundle)->revocation_as_of_name(""), own_.now());
}

TEST_F(ForeignTrust, LetsSessionsOutliveAListForItsGraceAlone) {
  auto foreign = corp({list(1, own_.now() - days{1}, own_.now() - seconds{60})});
  foreign.rules.crl_grace = seconds{90};
  const auto bundle = load({foreign});
  ASSERT_TRUE(bundle);
  const auto& id = (*bundle)->id_of(authority_of(**bundle));
  EXPECT_EQ((*bundle)->problem_of(authority_of(**bundle), own_.now())->problem, TrustProblem::CrlExpired) << "new ones";
  EXPECT_FALSE((*bundle)->session_problem(id, own_.now() + seconds{30}));
  EXPECT_EQ((*bundle)->session_problem(id, own_.now() + seconds{31})->problem, TrustProblem::CrlExpired);
}

/// The nine cases of E-8 (missing, expired, corrupt, forged, older) with the verdicts of the whole, and what stays.
struct ListCase {
  const char* name;
  const char* offered;                     ///< what arrives while number 5 is in force; "" at a start
  std::optional<TrustProblem> at_start;    ///< nullopt: it loads
  std::optional<TrustProblem> new_device;  ///< nullopt: it is let in
  std::optional<TrustProblem> fault;       ///< of the offer
  std::uint64_t number;                    ///< in force afterwards
};

class ListTable : public ForeignTrust, public testing::WithParamInterface<ListCase> {
 protected:
  OfferedList offered(std::string_view what) const {
    if (what == "newer") return list(6);
    if (what == "same") return list(5);
    if (what == "older") return list(4);
    if (what == "expired") return list(6, own_.now() - days{9}, own_.now() - days{1});
    if (what == "future") return list(6, own_.now() + hours{1}, own_.now() + days{1});
    if (what == "unreadable") return {"corp.crl", {}, "cannot be read"};
    auto good = list(6);
    if (what == "corrupt") good.content[good.content.size() / 2] = '*';
    if (what == "truncated") good.content.resize(good.content.size() / 2);
    if (what == "forged") {
      const TestPki forger{own_.now(), "corp.example", "Corp Authority"};
      good.content = forger.crl({}, 6);
    }
    return good;
  }
};

TEST_P(ListTable, HoldsWhatMustHold) {
  const auto& row = GetParam();
  const auto at_start = load({corp({offered(row.offered)})});
  EXPECT_EQ(at_start.has_value(), !row.at_start) << row.name;
  if (!at_start) {
    EXPECT_EQ(at_start.error().problem, *row.at_start);
  }

  const auto running = load({corp({list(5)})});
  ASSERT_TRUE(running);
  const auto offer = (*running)->offer("corp", {offered(row.offered)}, own_.now());
  EXPECT_EQ(offer.faults.empty(), !row.fault);
  if (row.fault && !offer.faults.empty()) {
    EXPECT_EQ(offer.faults.front().error.problem, *row.fault);
  }
  const auto& after = offer.newer ? *offer.newer : **running;
  EXPECT_EQ(after.list_of(authority_of(after))->number(), row.number) << "the last good one stays";
  const auto problem = after.problem_of(authority_of(after), own_.now());
  EXPECT_EQ(problem.has_value(), row.new_device.has_value());
  EXPECT_EQ(after.revocation_lists().size(), 2U) << "ours is as it was";

  // After a restart the mark is all that is known beside the files.
  const auto restarted = load({corp({list(row.number)})}, after.high_water_mark());
  EXPECT_TRUE(restarted);
  const auto gone_back = load({corp({list(row.number - 1)})}, after.high_water_mark());
  ASSERT_FALSE(gone_back);
  EXPECT_NE(gone_back.error().words.find("un-revoke"), std::string::npos) << gone_back.error().words;
}

/// A source that has lists of two certificates of "corp", one of which cannot be read.
class UnreadLists : public ForeignTrust {
 protected:
  ForeignAuthority both(std::vector<OfferedList> lists) const {
    auto foreign = corp(std::move(lists));
    foreign.certificates_pem += second_.authority().certificate_pem();
    return foreign;
  }
  static OfferedList at(const std::string& content, const std::string& source = "lists.pem") {
    return {source, content, {}, source};
  }
  std::string first(std::uint64_t number, const std::vector<std::string>& revoked = {}) const {
    return corp_.crl(revoked, number);
  }
  std::string second(std::uint64_t number) const { return second_.crl({}, number); }
  /// Signed by the second certificate's key, but of a form that is not taken: without a number.
  std::string odd() const {
    const auto& authority = second_.authority();
    const ByteBuffer tbs =
        der::sequence({der::integer(1), encode_signature_algorithm(SignatureAlgorithm::EcdsaSha256),
                       authority.certificate().subject_der, der::time(own_.now()), der::time(own_.now() + days{7})});
    return to_pem("X509 CRL", sign_object(tbs, authority.key()).value());
  }
  std::string damaged(std::string pem) const {
    pem[pem.size() / 2] = '*';
    return pem;
  }
  std::optional<WallTime> date_of(const TrustBundle& bundle, const TestPki& pki) const {
    return bundle.revocation_as_of(id_of(bundle, pki));
  }
  static std::string id_of(const TrustBundle& bundle, const TestPki& pki) {
    return bundle.id_of(*bundle.issuer_of(pki.device().info));
  }

  const TestPki second_{own_.now(), "corp.example", "Second Authority"};
};

TEST_F(UnreadLists, SpoilNoneOfTheirNeighbours) {
  const auto running = load({both({at(first(5) + second(5))})});
  ASSERT_TRUE(running) << running.error().words;
  for (const auto& bad : {odd(), damaged(second(6))}) {
    for (const bool is_first : {true, false}) {
      const auto good = first(6, {"0a"});
      const auto offer = (*running)->offer("corp", {at(is_first ? bad + good : good + bad)}, own_.now());
      ASSERT_TRUE(offer.newer);
      EXPECT_TRUE(offer.newer->is_revoked_by(id_of(*offer.newer, corp_), "0a")) << "the good one counts";
      ASSERT_EQ(offer.faults.size(), 1U);
      EXPECT_EQ(offer.faults.front().origin, "lists.pem");
      const auto& words = offer.faults.front().error.words;
      EXPECT_TRUE(words.starts_with(is_first ? "block 1" : "block 2")) << words;
    }
  }
}

TEST_F(UnreadLists, LeaveNoDateToThoseWhoseTheyWouldBe) {
  const auto running = load({both({at(first(5) + second(5))})});
  ASSERT_TRUE(running) << running.error().words;
  EXPECT_TRUE(date_of(**running, second_));
  for (const auto& bad : {odd(), damaged(second(6))}) {
    const auto offer = (*running)->offer("corp", {at(first(5) + bad)}, own_.now());
    ASSERT_TRUE(offer.newer) << "nothing newer, but something is not known any more";
    EXPECT_TRUE(date_of(*offer.newer, corp_)) << "the other one's is as it was";
    EXPECT_FALSE(date_of(*offer.newer, second_));
    EXPECT_FALSE(offer.newer->revocation_as_of_name("corp"));
    ASSERT_EQ(offer.newer->unread().size(), 1U);
    EXPECT_NE(offer.newer->unread().front().words.find("lists.pem: block 2"), std::string::npos);
    const auto* list = offer.newer->list_of(*offer.newer->issuer_of(second_.device().info));
    ASSERT_NE(list, nullptr) << "whom the last good one revokes stays revoked";
    EXPECT_EQ(list->number(), 5U);
    EXPECT_FALSE(offer.newer->problem_of(*offer.newer->issuer_of(second_.device().info), own_.now()));

    EXPECT_FALSE(offer.newer->offer("corp", {at(first(5) + bad)}, own_.now()).newer) << "nothing changed";
    EXPECT_FALSE(offer.newer->offer("corp", {at(second(5), "elsewhere")}, own_.now()).newer)
        << "what this source has is no newer elsewhere";
    const auto unreachable = OfferedList{"lists.pem", {}, "cannot be read", "lists.pem"};
    EXPECT_FALSE(offer.newer->offer("corp", {unreachable}, own_.now()).newer);
    const auto healed = offer.newer->offer("corp", {at(first(5) + second(5))}, own_.now());
    ASSERT_TRUE(healed.newer);
    EXPECT_TRUE(date_of(*healed.newer, second_));
  }
}

TEST_F(UnreadLists, AreNamedByTheIssuerThatTheySay) {
  const auto running = load({both({at(first(5) + second(5))})});
  ASSERT_TRUE(running);
  const auto offer = (*running)->offer("corp", {at(odd())}, own_.now());
  ASSERT_TRUE(offer.newer);
  EXPECT_TRUE(date_of(*offer.newer, corp_)) << "not even in a source that has no list of it";
  EXPECT_FALSE(date_of(*offer.newer, second_));
  EXPECT_NE(offer.faults.front().error.words.find("CN=Second Authority"), std::string::npos)
      << offer.faults.front().error.words;
  const auto other = (*running)->offer("corp", {at(odd() + first(5)), at(second(5), "elsewhere")}, own_.now());
  ASSERT_TRUE(other.newer);
  EXPECT_FALSE(date_of(*other.newer, second_)) << "a good one elsewhere may be older than what cannot be read";
}

TEST_F(UnreadLists, AreNeverTakenForNothingRevoked) {
  auto foreign = both({at(first(1) + odd())});
  foreign.rules.crl_required = false;
  const auto bundle = load({foreign});
  ASSERT_TRUE(bundle) << bundle.error().words;
  const auto& unread = *(*bundle)->issuer_of(second_.device().info);
  const auto problem = (*bundle)->problem_of(unread, own_.now());
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->problem, TrustProblem::UnreadCrl);
  EXPECT_TRUE((*bundle)->session_problem((*bundle)->id_of(unread), own_.now()));
  EXPECT_FALSE((*bundle)->problem_of(*(*bundle)->issuer_of(corp_.device().info), own_.now()));
  foreign.lists = {at(first(1))};
  EXPECT_FALSE(load({foreign}).value()->problem_of(unread, own_.now())) << "none is required, and there is none";
}

TEST_F(UnreadLists, ThatAreBeingWrittenAreLookedAtOnceMore) {
  const auto running = load({both({at(first(5) + second(5))})});
  ASSERT_TRUE(running);
  auto half = first(5) + second(6);
  half.resize(half.size() - 40);
  const auto offer = (*running)->offer("corp", {at(half)}, own_.now());
  EXPECT_FALSE(offer.newer);
  EXPECT_EQ(offer.faults.size(), 1U);
}

TEST_F(UnreadLists, AreRememberedUntilTheirSourceIsLookedAtAgain) {
  const auto running = load({both({at(first(5) + second(5))})});
  ASSERT_TRUE(running);
  const auto stale = (*running)->offer("corp", {at(first(5) + odd())}, own_.now());
  ASSERT_TRUE(stale.newer);
  TrustSources sources{own_.authority().certificate_pem(), own_.crl(), true, {}};
  sources.unread = stale.newer->unread();
  auto foreign = both({{"kept", first(5) + second(5)}});
  foreign.sources = {"lists.pem", "elsewhere"};
  const auto date_with = [&](const ForeignAuthority& authority, const TestPki& pki) {
    sources.foreign = {authority};
    const auto next = TrustBundle::load(sources, own_.now());
    EXPECT_TRUE(next) << next.error().words;
    return next ? date_of(**next, pki) : std::nullopt;
  };
  EXPECT_FALSE(date_with(foreign, second_)) << "nobody looked";
  EXPECT_TRUE(date_with(foreign, corp_));
  foreign.lists.push_back({"lists.pem", {}, "cannot be read", "lists.pem"});
  EXPECT_FALSE(date_with(foreign, second_)) << "nothing was found out";
  foreign.lists.back() = at(first(5) + second(5), "elsewhere");
  EXPECT_FALSE(date_with(foreign, second_)) << "another source says nothing of this one";
  foreign.lists.back() = at(first(5) + second(5));
  EXPECT_TRUE(date_with(foreign, second_)) << "healed";
  foreign.lists.pop_back();
  foreign.sources = {"elsewhere"};
  EXPECT_TRUE(date_with(foreign, second_)) << "it is configured no more";
}

TEST_F(UnreadLists, OfDerWithOctetsBehindThemAreNotBeingWritten) {
  const auto running = load({both({at(first(5) + second(5))})});
  ASSERT_TRUE(running);
  const auto lists = parse_revocation_lists(second(6)).value();
  const std::string list{as_text(lists.front().der())};
  const auto offer = (*running)->offer("corp", {at(list + '\n', "second.der")}, own_.now());
  ASSERT_TRUE(offer.newer);
  EXPECT_FALSE(date_of(*offer.newer, second_));
  EXPECT_TRUE(date_of(*offer.newer, corp_));
  EXPECT_FALSE((*running)->offer("corp", {at(list.substr(0, 99), "second.der")}, own_.now()).newer);
}

TEST_F(UnreadLists, OfWhatWasKeptSayNothingOfTheSource) {
  auto kept = at(damaged(second(5)));
  kept.source.clear();
  const auto bundle = load({both({kept, at(first(5) + second(5))})});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_EQ((*bundle)->faults().size(), 1U);
  EXPECT_TRUE((*bundle)->unread().empty());
}

constexpr auto kMissing = TrustProblem::MissingCrl;

INSTANTIATE_TEST_SUITE_P(
    E8, ListTable,
    testing::Values(ListCase{"Newer", "newer", {}, {}, {}, 6}, ListCase{"Same", "same", {}, {}, {}, 5},
                    ListCase{"Older", "older", {}, {}, TrustProblem::OlderCrl, 5},
                    ListCase{"Expired", "expired", {}, TrustProblem::CrlExpired, {}, 6},
                    ListCase{"FromTheFuture", "future", kMissing, {}, TrustProblem::CrlNotYetValid, 5},
                    ListCase{"Missing", "unreadable", kMissing, {}, TrustProblem::MalformedCrl, 5},
                    ListCase{"Corrupt", "corrupt", kMissing, {}, TrustProblem::MalformedCrl, 5},
                    ListCase{"Truncated", "truncated", kMissing, {}, TrustProblem::MalformedCrl, 5},
                    ListCase{"Forged", "forged", kMissing, {}, TrustProblem::ForgedCrl, 5}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(ForeignTrust, OffersNothingToAnAuthorityThatIsNotThere) {
  const auto running = load({corp({list(5)})});
  ASSERT_TRUE(running);
  EXPECT_FALSE((*running)->offer("", {list(6)}, own_.now()).newer) << "ours is nobody's to offer";
  EXPECT_FALSE((*running)->offer("other", {list(6)}, own_.now()).newer);
  const auto ours = (*running)->offer("corp", {{"x", own_.crl({}, 9)}}, own_.now());
  EXPECT_FALSE(ours.newer);
  ASSERT_EQ(ours.faults.size(), 1U);
  EXPECT_EQ(ours.faults.front().error.problem, TrustProblem::UnknownCrlIssuer);
}

TEST_F(ForeignTrust, ReadsOneListForTwoCertificatesOfOneKey) {
  // An authority that was certified anew for the key it has.
  auto foreign = corp({list(1)});
  foreign.certificates_pem += foreign.certificates_pem;
  const auto bundle = load({foreign});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_NE((*bundle)->list_of((*bundle)->authorities()[1]), nullptr);
}

}  // namespace
}  // namespace sallyport
