#include "common/pki/trust_bundle.hpp"

#include "common/base/file.hpp"
#include "common/pki/pem.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;

class Trust : public testing::Test {
 protected:
  using Loaded = Result<std::shared_ptr<const TrustBundle>, TrustError>;

  Loaded load(std::optional<std::string> crl, HighWaterMark mark = {}, std::optional<WallTime> now = {}) const {
    return TrustBundle::load({pki_.authority().certificate_pem(), std::move(crl), true, std::move(mark)},
                             now.value_or(pki_.now()));
  }
  static void expect_problem(const Loaded& loaded, TrustProblem problem) {
    ASSERT_FALSE(loaded);
    EXPECT_EQ(static_cast<int>(loaded.error().problem), static_cast<int>(problem)) << loaded.error().words;
    EXPECT_FALSE(loaded.error().words.empty());
  }

  const TestPki pki_;
};

TEST_F(Trust, KnowsWhoIsRevoked) {
  const TestIdentity device = pki_.device();
  const auto bundle = load(pki_.crl({device.info.serial_hex, "01"}, 3));
  ASSERT_TRUE(bundle) << bundle.error().words;
  const auto& authority = (*bundle)->id_of((*bundle)->authorities().front());
  EXPECT_TRUE((*bundle)->is_revoked_by(authority, device.info.serial_hex));
  EXPECT_TRUE((*bundle)->is_revoked_by(authority, "01"));
  EXPECT_FALSE((*bundle)->is_revoked_by(authority, "02"));
  EXPECT_TRUE((*bundle)->is_revoked_by("", "02")) << "who is not trusted vouches for nothing";
  EXPECT_FALSE((*bundle)->problem_at(pki_.now()));
  EXPECT_EQ((*bundle)->issuer_of(device.info), &(*bundle)->authorities().front());
}

TEST_F(Trust, KnowsAGoodSignatureAgainByExactlyTheOctetsItIsOf) {
  const TestIdentity device = pki_.device();
  const auto bundle = load(pki_.crl({}, 3));
  ASSERT_TRUE(bundle) << bundle.error().words;
  const auto* authority = &(*bundle)->authorities().front();
  for (int time = 0; time < 2; ++time) EXPECT_EQ((*bundle)->issuer_of(device.info), authority) << time;
  auto forged = device.info;
  forged.der.back() ^= std::byte{1};
  for (int time = 0; time < 2; ++time) EXPECT_EQ((*bundle)->issuer_of(forged), nullptr) << time;
  const TestPki forger{pki_.now()};  // the same name, another key
  EXPECT_EQ((*bundle)->issuer_of(forger.device().info), nullptr);
  EXPECT_EQ((*bundle)->issuer_of(device.info), authority);
}

TEST_F(Trust, NeedsAListWhenOneIsRequired) {
  expect_problem(load(std::nullopt), TrustProblem::MissingCrl);
  expect_problem(load(""), TrustProblem::MalformedCrl);
  EXPECT_TRUE(TrustBundle::load({pki_.authority().certificate_pem(), std::nullopt, false, {}}, pki_.now()));
}

TEST_F(Trust, RefusesADamagedList) {
  std::string crl = pki_.crl({"0a"}, 2);
  crl[crl.size() / 2] = '*';
  expect_problem(load(crl), TrustProblem::MalformedCrl);
  expect_problem(load("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"), TrustProblem::MalformedCrl);
}

TEST_F(Trust, RefusesAForgedList) {
  const TestPki forger{pki_.now()};  // the same name, another key
  expect_problem(load(forger.crl({}, 99)), TrustProblem::ForgedCrl);
  ByteBuffer der = from_pem("X509 CRL", pki_.crl({"0a"}, 2))->front();
  der[der.size() - 5] ^= std::byte{1};
  expect_problem(load(to_pem("X509 CRL", der)), TrustProblem::ForgedCrl);
}

TEST_F(Trust, RefusesAListOfAnUnknownAuthority) {
  const auto other = CertificateAuthority::create({"Other", "example.com"}, pki_.now());
  expect_problem(load(*other->issue_crl({}, 1, pki_.now(), pki_.now() + days{1})), TrustProblem::UnknownCrlIssuer);
}

TEST_F(Trust, NeverGoesBackToAnOlderList) {
  const auto newer = load(pki_.crl({"0a"}, 5));
  ASSERT_TRUE(newer);
  const HighWaterMark mark = (*newer)->high_water_mark();
  expect_problem(load(pki_.crl({}, 4), mark), TrustProblem::OlderCrl);
  EXPECT_TRUE(load(pki_.crl({"0a"}, 5), mark));
  const auto next = load(pki_.crl({}, 6), mark);
  ASSERT_TRUE(next);
  EXPECT_NE((*next)->high_water_mark(), mark);
}

TEST_F(Trust, NeverTakesAnEarlierListOfTheSameNumber) {
  const auto earlier = pki_.authority().issue_crl({}, 5, pki_.now() - hours{2}, pki_.now() + days{1});
  const auto later = load(pki_.crl({"0a"}, 5));
  expect_problem(load(*earlier, (*later)->high_water_mark()), TrustProblem::OlderCrl);
}

TEST_F(Trust, LoadsAnExpiredListButRefusesToWorkWithIt) {
  const auto old = pki_.authority().issue_crl({}, 1, pki_.now() - days{9}, pki_.now() - days{1});
  const auto bundle = load(*old);
  ASSERT_TRUE(bundle) << bundle.error().words;
  ASSERT_TRUE((*bundle)->problem_at(pki_.now()));
  EXPECT_EQ((*bundle)->problem_at(pki_.now())->problem, TrustProblem::CrlExpired);
}

TEST_F(Trust, HoldsToTheLastSecondOfItsList) {
  const auto bundle = load(pki_.crl());
  const WallTime end = (*bundle)->revocation_lists().front().next_update();
  EXPECT_FALSE((*bundle)->problem_at(end));
  const auto problem = (*bundle)->problem_at(end + std::chrono::seconds{1});
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->problem, TrustProblem::CrlExpired);
}

TEST_F(Trust, RefusesAListFromTheFuture) {
  const auto future = pki_.authority().issue_crl({}, 1, pki_.now() + hours{1}, pki_.now() + days{2});
  expect_problem(load(*future), TrustProblem::CrlNotYetValid);
}

TEST_F(Trust, RefusesAnAuthorityOutsideItsDates) {
  expect_problem(load(pki_.crl(), {}, pki_.now() - days{1}), TrustProblem::CaNotYetValid);
  expect_problem(load(pki_.crl(), {}, pki_.now() + days{4000}), TrustProblem::CaExpired);
}

TEST_F(Trust, RefusesCertificatesThatAreNoAuthority) {
  const auto sources = [this](const std::string& pem) {
    return TrustBundle::load({pem, pki_.crl(), true, {}}, pki_.now());
  };
  expect_problem(sources(pki_.device().certificate_pem), TrustProblem::NotACa);
  const auto without_sign = pki_.mint([](LeafWishes& w) { w.is_ca = true; });
  expect_problem(sources(without_sign.certificate_pem), TrustProblem::NotACa);
  const auto without_crl_sign = pki_.mint([](LeafWishes& w) {
    w.is_ca = true;
    w.usage = KeyUsage{.key_cert_sign = true};
  });
  expect_problem(sources(without_crl_sign.certificate_pem), TrustProblem::NotACa);
  expect_problem(sources(""), TrustProblem::MalformedCa);
}

TEST_F(Trust, KeepsAnOldAuthorityBesideItsSuccessor) {
  const auto brief = CertificateAuthority::create({"Brief", "example.com", days{2}}, pki_.now());
  const auto brief_crl = brief->issue_crl({}, 1, pki_.now(), pki_.now() + days{90});
  const TrustSources sources{
      brief->certificate_pem() + pki_.authority().certificate_pem(), *brief_crl + pki_.crl(), true, {}};
  const auto bundle = TrustBundle::load(sources, pki_.now() + days{3});
  ASSERT_TRUE(bundle) << bundle.error().words;
  EXPECT_FALSE((*bundle)->problem_at(pki_.now() + days{3}));
  EXPECT_TRUE((*bundle)->problem_of((*bundle)->authorities().front(), pki_.now() + days{3}));
  const TrustSources half{sources.ca_pem, pki_.crl(), true, {}};
  expect_problem(TrustBundle::load(half, pki_.now()), TrustProblem::MissingCrl);
}

TEST(HighWaterMark, SurvivesARestart) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("crl.number");
  EXPECT_TRUE(HighWaterMark::load(path)->empty());
  HighWaterMark mark;
  mark.raise("0a0b", {7, *parse_utc("2026-11-21T05:23:00Z")});
  ASSERT_TRUE(mark.store(path));
  const auto back = HighWaterMark::load(path);
  ASSERT_TRUE(back) << back.error().words;
  EXPECT_EQ(*back, mark);
}

TEST(HighWaterMark, NeverFalls) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("crl.number");
  const WallTime time = *parse_utc("2026-11-21T05:23:00Z");
  HighWaterMark high, low;
  high.raise("0a", {9, time});
  low.raise("0a", {3, time});
  low.raise("0b", {1, time});
  ASSERT_TRUE(high.store(path));
  ASSERT_TRUE(low.store(path));
  EXPECT_EQ(HighWaterMark::load(path)->find("0a")->number, 9U);
  EXPECT_EQ(HighWaterMark::load(path)->find("0b")->number, 1U);
  high.raise("0a", {4, time});
  EXPECT_EQ(high.find("0a")->number, 9U);
}

TEST(HighWaterMark, RefusesADamagedRecord) {
  for (const char* text :
       {"x", "0a 1\n", "0a -1 2026-11-21T05:23:00Z\n", "0a 1 yesterday\n", "zz 1 2026-11-21T05:23:00Z\n",
        "0a 1 2026-11-21T05:23:00Z", "0a 1 2026-11-21T05:23:00Z\n0a 2 2026-11-21T05:23:00Z\n",
        "0a 99999999999999999999 2026-11-21T05:23:00Z\n"}) {
    EXPECT_FALSE(HighWaterMark::parse(text)) << text;
  }
}

TEST(RevocationList, SaysWhatTheAuthorityWrote) {
  const TestPki pki;
  const auto lists = parse_revocation_lists(pki.crl({"ff00", "0a"}, 1234567890123));
  ASSERT_TRUE(lists) << lists.error().words;
  const RevocationList& list = lists->front();
  EXPECT_EQ(list.number(), 1234567890123U);
  EXPECT_EQ(list.this_update(), pki.now());
  EXPECT_EQ(list.next_update(), pki.now() + days{30});
  EXPECT_EQ(list.serials(), (std::vector<std::string>{"0a", "ff00"}));
  EXPECT_TRUE(list.contains("ff00"));
  EXPECT_FALSE(list.contains("ff"));
  EXPECT_TRUE(list.is_signed_by(pki.authority().certificate().key));
}

TEST(RevocationList, RefusesToReviveAListLateAtBirthAndSerialsThatAreNone) {
  const TestPki pki;
  EXPECT_FALSE(pki.authority().issue_crl({}, 1, pki.now(), pki.now()));
  const std::vector<RevokedSerial> bad{{"xyz", pki.now()}};
  EXPECT_FALSE(pki.authority().issue_crl(bad, 1, pki.now(), pki.now() + days{1}));
}

TEST(RevocationList, NeverKeepsAValidSignatureAfterAChange) {
  const TestPki pki;
  const ByteBuffer der = from_pem("X509 CRL", pki.crl({"0a", "0b"}, 2))->front();
  for (std::size_t at = 0; at < der.size(); ++at) {
    ByteBuffer tampered = der;
    tampered[at] ^= std::byte{0x01};
    const auto list = RevocationList::parse(tampered);
    EXPECT_FALSE(list && list->is_signed_by(pki.authority().certificate().key)) << at;
  }
}

}  // namespace
}  // namespace sallyport
