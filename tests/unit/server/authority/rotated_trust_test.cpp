#include "server/authority/rotated_trust.hpp"

#include "common/base/hex.hpp"
#include "tests/support/sibling_authority.hpp"
#include "tests/support/succession.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sallyport {
namespace {

class RotatedTrust : public testing::Test {
 protected:
  RotatedTrust() {
    config_.state = directory_.path();
    config_.ca = directory_.file("ca.pem");
    config_.crl = directory_.file("crl.pem");
    config_.certificate = directory_.file("gateway.pem");
    const RotationFiles files{config_};
    EXPECT_TRUE(make_directories(files.directory, 0711));
    EXPECT_TRUE(write_file_atomically(files.certificate, next_.certificate_pem()));
    EXPECT_TRUE(write_file_atomically(files.vouched, to_pem("CERTIFICATE", vouched_by(old_, next_))));
    EXPECT_TRUE(write_file_atomically(files.both, old_.certificate_pem() + next_.certificate_pem()));
    EXPECT_TRUE(write_file_atomically(files.list, list_of(next_, 5)));
  }
  static std::string list_of(const CertificateAuthority& authority, std::uint64_t number) {
    return *authority.issue_crl({}, number, wall_now(), wall_now() + std::chrono::days{30});
  }
  Rotation in(RotationPhase phase) const {
    Rotation rotation;
    rotation.phase = phase;
    rotation.current = name_of(old_);
    rotation.next = name_of(next_);
    return rotation;
  }
  static std::string key_id_of(const CertificateAuthority& authority) {
    return to_hex(authority.certificate().key.key_id().value());
  }
  /// Who is trusted, by name; the lists must fit.
  std::vector<std::string> trusted(RotationPhase phase, TrustSources sources) {
    const auto applied = apply_rotation(config_, in(phase), sources);
    if (!applied) return {to_string(applied.error())};
    const auto bundle = TrustBundle::load(sources, wall_now());
    if (!bundle) return {bundle.error().words};
    std::vector<std::string> names;
    for (const auto& ca : (*bundle)->authorities()) names.push_back(ca.subject);
    EXPECT_EQ((*bundle)->revocation_lists().size(), names.size());
    return names;
  }
  using Names = std::vector<std::string>;

  const CertificateAuthority old_ = make_authority("old");
  const CertificateAuthority next_ = make_authority("next");
  const CertificateAuthority foreign_ = make_authority("foreign");
  const TemporaryDirectory directory_;
  GatewayConfig config_;
};

TEST_F(RotatedTrust, IsWhatTheFilesSayWhenNothingIsUnderWay) {
  TrustSources sources{old_.certificate_pem(), list_of(old_, 1), true, {}};
  const auto before = sources.ca_pem;
  ASSERT_TRUE(apply_rotation(config_, Rotation{}, sources));
  EXPECT_EQ(sources.ca_pem, before) << "whatever lies in next/";
}

TEST_F(RotatedTrust, HoldsBothWhileOneTakesTheOthersPlace) {
  for (const auto phase : {RotationPhase::Spreading, RotationPhase::Issuing}) {
    EXPECT_EQ(trusted(phase, {old_.certificate_pem(), list_of(old_, 1), true, {}}), (Names{"CN=old", "CN=next"}));
  }
}

TEST_F(RotatedTrust, HoldsTheNextOneAloneOnceTheOldOneIsRetired) {
  const auto both = list_of(old_, 1) + list_of(foreign_, 1);
  EXPECT_EQ(trusted(RotationPhase::Retiring, {old_.certificate_pem() + foreign_.certificate_pem(), both, true, {}}),
            (Names{"CN=next", "CN=foreign"}));
}

TEST_F(RotatedTrust, IsTheSameHoweverFarTheFilesHaveBeenPutInPlace) {
  const auto next_list = list_of(next_, 4);
  for (const auto& ca :
       {old_.certificate_pem(), next_.certificate_pem(), next_.certificate_pem() + old_.certificate_pem()}) {
    for (const auto& crl : {list_of(old_, 1), next_list, list_of(old_, 1) + next_list}) {
      EXPECT_EQ(trusted(RotationPhase::Retiring, {ca, crl, true, {}}), (Names{"CN=next"}));
    }
  }
}

TEST_F(RotatedTrust, RetiresEveryCertificateOfTheKey) {
  // The old authority certified anew by itself, and by another one.
  const auto anew = sibling_of(old_, "old", old_, std::chrono::days{1});
  const auto crossed = sibling_of(old_, "old", foreign_);
  const auto all = anew.certificate_pem() + old_.certificate_pem() + crossed.certificate_pem();
  for (const auto& ca : {all, crossed.certificate_pem() + next_.certificate_pem(), anew.certificate_pem()}) {
    EXPECT_EQ(trusted(RotationPhase::Retiring, {ca, list_of(old_, 1), true, {}}), (Names{"CN=next"}));
    TrustSources without_lists{ca, {}, false, {}};
    ASSERT_TRUE(apply_rotation(config_, in(RotationPhase::Retiring), without_lists));
    EXPECT_EQ(without_lists.ca_pem, next_.certificate_pem());
  }
}

TEST_F(RotatedTrust, RefusesWhatBringsARetiredKeyBack) {
  Rotation over;
  over.retire(name_of(old_), key_id_of(old_));
  const auto crossed = sibling_of(old_, "old", foreign_);
  for (const auto& back : {old_.certificate_pem(), crossed.certificate_pem()}) {
    TrustSources sources{next_.certificate_pem() + back, {}, false, {}};
    const auto applied = apply_rotation(config_, over, sources);
    ASSERT_FALSE(applied) << "restored from a backup";
    EXPECT_EQ(applied.error().path, config_.ca);
    EXPECT_NE(applied.error().message.find("CN=old"), std::string::npos) << applied.error().message;
    TrustSources foreign{next_.certificate_pem(), {}, false, {}};
    ForeignAuthority& corp = foreign.foreign.emplace_back();
    corp.rules.name = "corp";
    corp.certificates_pem = back;
    const auto named = apply_rotation(config_, over, foreign);
    ASSERT_FALSE(named) << "or as somebody else's";
    EXPECT_EQ(named.error().path, "authority corp");
  }
  Rotation older;  // a record that was written before keys were in it
  older.retire(name_of(old_), {});
  TrustSources sources{next_.certificate_pem() + old_.certificate_pem(), {}, false, {}};
  EXPECT_FALSE(apply_rotation(config_, older, sources));
  sources.ca_pem = next_.certificate_pem();
  EXPECT_TRUE(apply_rotation(config_, older, sources));
}

TEST_F(RotatedTrust, RefusesAnotherAuthorityThanTheRecordNames) {
  ASSERT_TRUE(write_file_atomically(RotationFiles{config_}.certificate, foreign_.certificate_pem()));
  TrustSources sources{old_.certificate_pem(), list_of(old_, 1), true, {}};
  EXPECT_FALSE(apply_rotation(config_, in(RotationPhase::Spreading), sources));
  EXPECT_FALSE(authority_notice(config_, in(RotationPhase::Spreading)));
}

TEST_F(RotatedTrust, RefusesAListThatOthersMayWrite) {
  ASSERT_EQ(::chmod(RotationFiles{config_}.list.c_str(), 0666), 0);
  TrustSources sources{old_.certificate_pem(), list_of(old_, 1), true, {}};
  EXPECT_FALSE(apply_rotation(config_, in(RotationPhase::Issuing), sources));
}

TEST_F(RotatedTrust, NamesTheGatewaysCertificateByPhase) {
  EXPECT_EQ(gateway_certificate_file(config_, in(RotationPhase::Issuing)), config_.certificate);
  EXPECT_EQ(gateway_certificate_file(config_, in(RotationPhase::Retiring)), config_.certificate)
      << "one of a foreign authority does not move";
  ASSERT_TRUE(write_file_atomically(RotationFiles{config_}.gateway, "x"));
  EXPECT_EQ(gateway_certificate_file(config_, in(RotationPhase::Issuing)), config_.certificate);
  EXPECT_EQ(gateway_certificate_file(config_, in(RotationPhase::Retiring)), RotationFiles{config_}.gateway);
}

TEST_F(RotatedTrust, TellsLaptopsWhatTheyCanVerify) {
  const auto notice = authority_notice(config_, in(RotationPhase::Spreading));
  ASSERT_TRUE(notice);
  ASSERT_EQ((*notice)->announcement.next.size(), 1U);
  const auto& next = (*notice)->announcement.next.front();
  const auto bundle = TrustBundle::load({old_.certificate_pem(), {}, false, {}}, wall_now());
  EXPECT_TRUE(verify_successor(next.certificate, next.vouched, (*bundle)->authorities(), wall_now()));
  auto retired = Rotation{};
  const auto word = retired_by(next_, {name_of(old_)});
  retired.retire(name_of(old_), {});
  retired.retirement = word.retirement;
  EXPECT_EQ((*authority_notice(config_, retired))->announcement, word);
}

}  // namespace
}  // namespace sallyport
