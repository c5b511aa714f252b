#include "client/enrolment/authority_file.hpp"

#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"
#include "tests/support/sibling_authority.hpp"
#include "tests/support/succession.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

namespace sallyport {
namespace {

using Names = std::vector<std::string>;

class AuthorityFile : public testing::Test {
 protected:
  [[nodiscard]] CertificateInfo gateway_of(const CertificateAuthority& authority) const {
    const auto key = PrivateKey::generate(KeyKind::P256);
    return authority.issue_gateway(key->public_key(), {"vpn.example.com", {}}, wall_now())->info;
  }
  AuthorityChange change(const std::string& pem, const CertificateAuthority& gateway,
                         const AuthorityAnnouncement& announcement) const {
    return change_authorities(pem, gateway_of(gateway), announcement, wall_now());
  }
  AuthorityChange take(const AuthorityAnnouncement& announcement) const {
    return take_authorities(files_, gateway_of(old_), announcement, wall_now()).value();
  }

  const CertificateAuthority old_ = make_authority("old");
  const CertificateAuthority next_ = make_authority("next");
  const CertificateAuthority stranger_ = make_authority("stranger");
  const AuthorityAnnouncement coming_{{announced(old_, next_)}, {}, {}};
  const std::string both_ = old_.certificate_pem() + next_.certificate_pem();
  const TemporaryDirectory directory_;
  const DeviceFiles files_{directory_.file("ca.pem"), directory_.file("device.pem"), directory_.file("device.key")};
};

TEST_F(AuthorityFile, TakesInWhatAnAuthorityOfItsOwnSignedFor) {
  const auto changed = change(old_.certificate_pem(), old_, coming_);
  EXPECT_EQ(changed.pem, both_);
  EXPECT_EQ(changed.report, (AuthorityReport{{name_of(old_), name_of(next_)}, {}}));
  EXPECT_EQ(changed.added, (Names{"CN=next"}));
}

TEST_F(AuthorityFile, StaysAsItIsWhenItHasEverything) {
  const auto changed = change(both_, old_, coming_);
  EXPECT_FALSE(changed.pem);
  EXPECT_EQ(changed.report, (AuthorityReport{{name_of(old_), name_of(next_)}, {}}));
}

TEST_F(AuthorityFile, TakesNothingFromAGatewayThatVouchesByItself) {
  const auto changed = change(old_.certificate_pem(), old_, {{announced(stranger_, next_)}, {}, {}});
  EXPECT_FALSE(changed.pem);
  EXPECT_EQ(changed.report, (AuthorityReport{{name_of(old_)}, "not_vouched"}));
}

TEST_F(AuthorityFile, TakesAChainOfSuccessors) {
  const auto third = make_authority("third");
  const auto changed =
      change(old_.certificate_pem(), old_, {{announced(old_, next_), announced(next_, third)}, {}, {}});
  EXPECT_EQ(changed.report.has, (Names{name_of(old_), name_of(next_), name_of(third)}));
}

TEST_F(AuthorityFile, HoldsAFewAtMost) {
  std::string pem = old_.certificate_pem();
  for (int i = 1; i < 8; ++i) pem += make_authority("more " + std::to_string(i)).certificate_pem();
  const auto changed = change(pem, old_, coming_);
  EXPECT_FALSE(changed.pem);
  EXPECT_EQ(changed.report.problem, "too_many");
  EXPECT_EQ(changed.report.has.size(), kMostTrusted);
}

TEST_F(AuthorityFile, LetsOneGoOnTheWordOfAGatewayOfAnother) {
  const auto changed = change(both_, next_, retired_by(next_, {name_of(old_)}));
  EXPECT_EQ(changed.pem, next_.certificate_pem());
  EXPECT_EQ(changed.removed, (Names{"CN=old"}));
  EXPECT_EQ(changed.report, (AuthorityReport{{name_of(next_)}, {}}));
  EXPECT_EQ(change(both_, old_, retired_by(old_, {name_of(next_)})).pem, old_.certificate_pem()) << "one given up";
}

TEST_F(AuthorityFile, LetsNoneGoThatNoAuthorityThatStaysSignedFor) {
  const Names both{name_of(old_), name_of(next_)};
  const auto refused = [&](const CertificateAuthority& gateway, const AuthorityAnnouncement& announcement) {
    const auto changed = change(both_, gateway, announcement);
    return !changed.pem && changed.removed.empty() && changed.report == AuthorityReport{both, "retirement_unsigned"};
  };
  EXPECT_TRUE(refused(old_, {{}, {name_of(next_)}, {}})) << "whoever has the gateway's key alone locks nobody out";
  EXPECT_TRUE(refused(next_, {{}, {name_of(old_)}, {}}));
  EXPECT_TRUE(refused(old_, retired_by(stranger_, {name_of(next_)})));
  EXPECT_TRUE(refused(old_, retired_by(next_, {name_of(next_)}))) << "by itself";
  auto more = retired_by(old_, {name_of(stranger_)});
  more.retired.push_back(name_of(next_));
  EXPECT_TRUE(refused(old_, more)) << "the signature is for another list";
  auto shorter = retired_by(old_, {name_of(next_), name_of(stranger_)});
  shorter.retired.pop_back();
  EXPECT_TRUE(refused(old_, shorter));
  EXPECT_EQ(change(both_, old_, {{}, {name_of(stranger_)}, {}}).report.problem, "") << "it has none of these";
}

TEST_F(AuthorityFile, BelievesNoAuthorityThatHasRunOutThatAnotherIsRetired) {
  const auto past = make_authority("past", wall_now() - std::chrono::days{20}, "example.com", std::chrono::days{10});
  const auto changed = change(past.certificate_pem() + both_, next_, retired_by(past, {name_of(old_)}));
  EXPECT_FALSE(changed.pem);
  EXPECT_EQ(changed.report.problem, "retirement_unsigned");
}

TEST_F(AuthorityFile, KeepsTheOneThatVouchesForThisGatewayWhateverItSays) {
  EXPECT_FALSE(change(both_, old_, retired_by(next_, {name_of(old_)})).pem);
  EXPECT_FALSE(change(both_, old_, retired_by(old_, {name_of(old_), name_of(next_)})).pem) << "never none";
  EXPECT_FALSE(change(old_.certificate_pem(), old_, retired_by(old_, {name_of(old_)})).pem);
  EXPECT_FALSE(change(both_, stranger_, retired_by(next_, {name_of(old_)})).pem) << "who is that?";
}

TEST_F(AuthorityFile, LetsGoOfEveryCertificateOfARetiredKey) {
  const auto crossed = sibling_of(old_, "old", next_);
  const auto retired = retired_by(next_, {name_of(old_)});
  const auto changed = change(crossed.certificate_pem() + both_, next_, retired);
  EXPECT_EQ(changed.pem, next_.certificate_pem());
  EXPECT_EQ(changed.removed, (Names{"CN=old", "CN=old"}));
  EXPECT_FALSE(change(crossed.certificate_pem() + both_, old_, retired).pem)
      << "a gateway of a retired key cannot say so of itself, whichever certificate comes first";
}

TEST_F(AuthorityFile, ComesAndGoesInOneMessage) {
  const auto third = make_authority("third");
  auto announcement = retired_by(next_, {name_of(old_)});
  announcement.next.push_back(announced(next_, third));
  const auto changed = change(both_, next_, announcement);
  EXPECT_EQ(changed.report.has, (Names{name_of(next_), name_of(third)}));
}

TEST_F(AuthorityFile, IsReplacedInOneStepAndSaysWhatIsOnDisk) {
  ASSERT_TRUE(write_file_atomically(files_.ca, old_.certificate_pem()));
  const auto taken = take(coming_);
  EXPECT_EQ(taken.report.has, (Names{name_of(old_), name_of(next_)}));
  EXPECT_EQ(read_file(files_.ca), both_);
}

TEST_F(AuthorityFile, NeverTakesAnAuthorityBackThatItLetGo) {
  ASSERT_TRUE(write_file_atomically(files_.ca, old_.certificate_pem()));
  ASSERT_EQ(take(coming_).report.has.size(), 2U);
  ASSERT_EQ(take(retired_by(old_, {name_of(next_)})).report.has, (Names{name_of(old_)}));
  const auto replayed = take(coming_);
  EXPECT_EQ(replayed.report, (AuthorityReport{{name_of(old_)}, "retired"}));
  EXPECT_EQ(read_file(files_.ca), old_.certificate_pem());
  const auto again = sibling_of(next_, "next again", next_);
  EXPECT_EQ(take({{announced(old_, again)}, {}, {}}).report.problem, "retired") << "its key by another name";
  const auto third = make_authority("third");
  EXPECT_EQ(take({{announced(old_, third)}, {}, {}}).report.has.size(), 2U);
}

TEST_F(AuthorityFile, TakesNothingInWhereItCannotRememberWhomItLetGo) {
  ASSERT_TRUE(write_file_atomically(files_.ca, old_.certificate_pem()));
  ASSERT_TRUE(write_file_atomically(files_.retired(), "damaged\n"));
  EXPECT_EQ(take(coming_).report, (AuthorityReport{{name_of(old_)}, "cannot_write"}));
}

TEST_F(AuthorityFile, RemembersTheLatestOfThoseItLetGo) {
  RetiredKeys many(kMostRetiredKeys, std::string(64, '0'));
  const auto changed =
      change_authorities(both_, gateway_of(old_), retired_by(old_, {name_of(next_)}), wall_now(), many);
  ASSERT_EQ(changed.retired.size(), kMostRetiredKeys);
  EXPECT_EQ(changed.retired.back(), fingerprint_of(next_.certificate().key.der()));
}

TEST_F(AuthorityFile, SaysFirstWhatKeptAnAuthorityOut) {
  const auto third = make_authority("third");
  EXPECT_EQ(change(both_, old_, {{announced(stranger_, third)}, {name_of(next_)}, {}}).report.problem, "not_vouched");
}

TEST_F(AuthorityFile, SaysWhatIsStillThereWhenItCannotBeWritten) {
  ASSERT_TRUE(write_file_atomically(files_.ca, old_.certificate_pem()));
  ASSERT_EQ(::mkdir(files_.lock().c_str(), 0700), 0);
  const auto taken = take(coming_);
  EXPECT_EQ(taken.report, (AuthorityReport{{name_of(old_)}, "cannot_write"}));
  EXPECT_EQ(read_file(files_.ca), old_.certificate_pem());
}

TEST_F(AuthorityFile, IsLeftAloneAtOnceWhileSomebodyElseChangesTheDevicesFiles) {
  ASSERT_TRUE(write_file_atomically(files_.ca, old_.certificate_pem()));
  {
    const auto held = DeviceLock::take(files_, kLoopPatience);
    ASSERT_TRUE(held);
    const auto gateway = gateway_of(old_);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(take_authorities(files_, gateway, coming_, wall_now()));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kLoopPatience / 2) << "packets wait for it";
    EXPECT_EQ(read_file(files_.ca), old_.certificate_pem());
  }
  EXPECT_EQ(take(coming_).report.has.size(), 2U);
}

TEST_F(AuthorityFile, ThatIsDamagedTakesNothingIn) {
  const auto changed = change("damaged", old_, coming_);
  EXPECT_FALSE(changed.pem);
  EXPECT_EQ(changed.report, (AuthorityReport{{}, "not_vouched"}));
}

}  // namespace
}  // namespace sallyport
