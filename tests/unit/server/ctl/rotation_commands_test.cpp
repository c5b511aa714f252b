#include "common/pki/certificate_authority.hpp"
#include "common/pki/succession.hpp"
#include "server/authority/rotation.hpp"
#include "server/ctl/rotation_steps.hpp"
#include "server/store/store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

#include <unistd.h>

#include <filesystem>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

class RotationCommands : public CtlTest {
 protected:
  RotationCommands() { make_authority(); }

  GatewayConfig config() { return *load_gateway_config(path("gateway.toml")); }
  Rotation rotation() { return *load_rotation(config()); }
  Store store() { return std::move(*Store::open(path("state/gateway.db"))); }
  static std::string fingerprint_in(const std::string& pem) {
    return fingerprint_of(parse_certificates(pem)->front().der);
  }
  std::string authority() { return fingerprint_in(content("state/ca/ca.pem")); }
  bool is_signed_by_the_authority(const Rotation& over) {
    const auto present = parse_certificates(content("state/ca/ca.pem"));
    return verify_retirement(present->front().key, over.retired, over.retirement);
  }
  void trusts_both(const std::string& id) {
    const auto both = rotation();
    ASSERT_TRUE(store().note_authorities(DeviceId{id}, {{both.current, both.next}, {}, now_}));
  }
  /// As if the device had renewed by the gateway, and been seen with what it got.
  void renews(const std::string& id) {
    auto records = store();
    const auto before = **records.device(DeviceId{id});
    const Renewal renewal{before.id,        before.user,    before.serial, before.serial + "0b",
                          before.not_after, rotation().next};
    ASSERT_TRUE(records.renew(renewal, now_));
    ASSERT_TRUE(records.confirm_renewal(before.id, renewal.serial, now_));
  }
  nlohmann::json status() { return document({"ca", "status"}); }
};

TEST_F(RotationCommands, MakeTheNextAuthorityBesideThePresentOne) {
  enroll("ana-laptop");
  const auto before = content("state/ca/ca.pem");
  const auto begun = document({"ca", "rotate"});
  EXPECT_EQ(begun.at("phase"), "spreading");
  EXPECT_EQ(begun.at("gateway"), "not_running");
  EXPECT_EQ(content("state/ca/ca.pem"), before);
  EXPECT_EQ(mode("state/ca/next"), 0711U);
  EXPECT_EQ(mode("state/ca/next/ca.key"), 0600U);
  EXPECT_EQ(mode("state/ca/next/crl.pem"), 0644U);
  EXPECT_EQ(begun.at("old").at("fingerprint"), fingerprint_in(before));
  EXPECT_EQ(begun.at("new").at("subject"), "CN=example.com device authority 2");
  EXPECT_TRUE(openssl("verify -CAfile " + path("state/ca/ca.pem") + ' ' + path("state/ca/next/vouched.pem")))
      << "whoever trusts the old one can see that it vouches: " << content("openssl.out");
  const auto shown = document({"ca", "show"});
  EXPECT_EQ(shown.at("authorities").size(), 2U);
  EXPECT_EQ(shown.at("revocation_lists").size(), 2U);
}

TEST_F(RotationCommands, MayBeRepeatedAtEveryStep) {
  must({"ca", "rotate"});
  const auto next = rotation().next;
  must({"ca", "rotate"});
  EXPECT_EQ(rotation().next, next);
  must({"ca", "rotate", "--issue", "--renew-within", "2h"});
  must({"ca", "rotate", "--issue"});
  EXPECT_EQ(rotation().renew_within, std::chrono::hours{2}) << "what was said stands";
  must({"ca", "rotate"});
  EXPECT_EQ(rotation().phase, RotationPhase::Issuing);
  must({"ca", "rotate", "--finish"});
  EXPECT_EQ(ctl({"ca", "rotate", "--finish"}).code, CtlExit::Failed);
  EXPECT_NE(ctl({"ca", "retire"}).err.find("no change of authorities is under way"), std::string::npos);
}

TEST_F(RotationCommands, MakeAnewWhatAnAttemptThatNeverCountedLeftBehind) {
  fs::create_directories(path("state/ca/next"));
  write("state/ca/next/ca.key", "half");
  write("state/ca/next/ca.pem", "half");
  must({"ca", "rotate"});
  EXPECT_TRUE(CertificateAuthority::load(path("state/ca/next")));
}

constexpr uid_t kGateway = 65534;

/// By whom the directory in its place is made.
class RotationWithAnotherDirectory : public RotationCommands, public testing::WithParamInterface<uid_t> {};

INSTANTIATE_TEST_SUITE_P(By, RotationWithAnotherDirectory, testing::Values(kGateway, kGateway - 1));

TEST_P(RotationWithAnotherDirectory, GivesTheNextKeyToNobodyWhoPutItInThePlaceOfTheAuthoritys) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const auto give = [&](const std::string& name, uid_t owner = GetParam()) {
    ASSERT_EQ(::lchown(path(name).c_str(), owner, owner), 0) << name;
  };
  must({"ca", "rotate"});
  must({"ca", "rotate", "--issue"});
  const auto next = PrivateKey::load(path("state/ca/next/ca.key"))->public_key();
  // What the gateway's user can do, who owns the directory above.
  give("state", kGateway);
  fs::rename(path("state/ca"), path("state/away"));
  fs::create_directory(path("state/ca"));
  give("state/ca");
  for (const char* name : {"ca.pem", "next", "rotation.json"})
    fs::create_symlink(std::string{"../away/"} + name, path(std::string{"state/ca/"} + name));
  ASSERT_TRUE(PrivateKey::generate(KeyKind::P256)->store(path("state/ca/ca.key")));
  give("state/ca/ca.key");
  const auto done = ctl({"ca", "rotate", "--finish", "--force"});
  for (const auto& entry : fs::recursive_directory_iterator{path("state")}) {
    struct stat status {};
    const auto key = PrivateKey::load(entry.path());
    if (!key || !(key->public_key() == next)) continue;
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 0U) << entry.path() << ' ' << done.out << done.err;
  }
}

TEST_F(RotationCommands, SignAgainForTheNextOneBeforeThatEnds) {
  must({"ca", "rotate"});
  const auto first = content("state/ca/next/vouched.pem");
  must({"ca", "rotate"});
  EXPECT_EQ(content("state/ca/next/vouched.pem"), first);
  now_ += std::chrono::days{340};
  must({"ca", "rotate"});
  EXPECT_NE(content("state/ca/next/vouched.pem"), first);
}

TEST_F(RotationCommands, ShowHowManyDevicesHaveTheNewOneAndWhichLackWhat) {
  for (const char* id : {"a-ready", "b-renews", "c-silent", "d-refuses", "e-disabled"}) enroll(id);
  must({"devices", "disable", "e-disabled"});
  must({"ca", "rotate"});
  must({"ca", "rotate", "--issue"});
  trusts_both("a-ready");
  renews("a-ready");
  trusts_both("b-renews");
  ASSERT_TRUE(store().note_authorities(DeviceId{"d-refuses"}, {{rotation().current}, "cannot_write", now_}));
  const auto shown = status();
  EXPECT_EQ(shown.at("devices"), 4);
  EXPECT_EQ(shown.at("with_new_authority"), 2);
  EXPECT_EQ(shown.at("with_new_certificate"), 1);
  EXPECT_EQ(shown.at("stranded"), 3);
  const auto& missing = shown.at("missing");
  ASSERT_EQ(missing.size(), 3U);
  EXPECT_EQ(missing.at(0).at("device"), "b-renews");
  EXPECT_EQ(missing.at(0).at("lacks"), "certificate");
  EXPECT_EQ(missing.at(1).at("lacks"), "authority");
  EXPECT_TRUE(missing.at(1).at("problem").is_null());
  EXPECT_EQ(missing.at(2).at("problem"), "cannot_write");
  const auto text = ctl({"ca", "rotate", "--status"}).out;
  EXPECT_NE(text.find("2/4 devices have the new root"), std::string::npos) << text;
  EXPECT_NE(text.find("c-silent"), std::string::npos);
  EXPECT_NE(text.find("never"), std::string::npos) << "when it was seen";
  EXPECT_EQ(text.find("e-disabled"), std::string::npos);
}

TEST_F(RotationCommands, RefuseToLockADeviceOutAndSayWhich) {
  enroll("ana-laptop");
  must({"ca", "rotate"});
  must({"ca", "rotate", "--issue"});
  const auto refused = ctl({"ca", "rotate", "--finish"});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("1 of 1 devices would be locked out"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("ana-laptop"), std::string::npos);
  EXPECT_NE(refused.err.find("--force"), std::string::npos);
  const auto json = ctl({"ca", "retire", "--json"}).json();
  EXPECT_EQ(json.at("ok"), false);
  EXPECT_EQ(json.at("missing").at(0).at("device"), "ana-laptop");
  EXPECT_EQ(rotation().phase, RotationPhase::Issuing);
  trusts_both("ana-laptop");
  renews("ana-laptop");
  EXPECT_EQ(document({"ca", "retire"}).at("stranded"), 0);
}

TEST_F(RotationCommands, LockOutByForceAndSayHowMany) {
  enroll("ana-laptop");
  must({"ca", "rotate"});
  EXPECT_EQ(ctl({"ca", "rotate", "--force"}).code, CtlExit::Usage);
  const auto done = document({"ca", "rotate", "--finish", "--force"});
  EXPECT_EQ(done.at("stranded"), 1);
  EXPECT_EQ(done.at("missing").at(0).at("device"), "ana-laptop");
  EXPECT_FALSE(openssl_accepts(path("ana-laptop.pem")));
  EXPECT_EQ(document({"devices", "list"}).at("devices").at(0).at("state"), "revoked") << "the records say what is so";
  EXPECT_EQ(status().at("devices"), 0);
}

TEST_F(RotationCommands, LeaveTheNewAuthorityAloneWhenTheyAreDone) {
  const auto old = authority();
  const auto old_key = content("state/ca/ca.key");
  const auto gateway_key = content("state/gateway.key");
  must({"ca", "rotate"});
  must({"ca", "rotate", "--issue"});
  const auto next = rotation().next;
  const auto done = document({"ca", "rotate", "--finish"});
  EXPECT_EQ(done.at("retired"), old);
  EXPECT_EQ(authority(), next);
  EXPECT_TRUE(CertificateAuthority::load(path("state/ca")));
  EXPECT_FALSE(fs::exists(path("state/ca/next")));
  EXPECT_EQ(content("state/gateway.key"), gateway_key);
  EXPECT_TRUE(
      openssl("verify -purpose sslserver -CAfile " + path("state/ca/ca.pem") + ' ' + path("state/gateway.pem")));
  EXPECT_EQ(content("state/ca/retired-" + old.substr(0, 8) + "/ca.key"), old_key);
  EXPECT_EQ(mode("state/ca/retired-" + old.substr(0, 8)), 0700U);
  const auto shown = document({"ca", "show"});
  EXPECT_EQ(shown.at("authorities").size(), 1U);
  EXPECT_EQ(shown.at("revocation_lists").size(), 1U) << "the list of the old one is not needed any more";
  EXPECT_EQ(rotation().retired, std::vector<std::string>{old});
  EXPECT_TRUE(is_signed_by_the_authority(rotation())) << "else no laptop lets it go";
  EXPECT_EQ(status().at("with_retired"), 0);
  enroll("bo-laptop");
  EXPECT_TRUE(openssl_accepts(path("bo-laptop.pem")));
  must({"devices", "revoke", "bo-laptop"});
  EXPECT_FALSE(openssl_accepts(path("bo-laptop.pem")));
  must({"ca", "rotate"});
  EXPECT_EQ(rotation().generation, 3U) << "and all of it once more";
}

TEST_F(RotationCommands, GoOnWhereTheLastStepWasInterrupted) {
  enroll("ana-laptop");
  must({"ca", "rotate"});
  must({"ca", "rotate", "--issue"});
  auto records = store();
  const auto retiring = begin_retiring(config(), records, rotation(), now_);
  ASSERT_TRUE(retiring) << retiring.error();
  // The old one counts no more, and nothing is in place yet.
  EXPECT_EQ(document({"ca", "show"}).at("authorities").size(), 1U);
  EXPECT_EQ(document({"ca", "show"}).at("authorities").at(0).at("subject"), "CN=example.com device authority 2");
  must({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(document({"ca", "show"}).at("revocation_lists").at(0).at("revoked").size(), 1U);
  EXPECT_EQ(ctl({"ca", "abort"}).code, CtlExit::Failed);
  EXPECT_EQ(ctl({"ca", "rotate", "--issue"}).code, CtlExit::Failed);
  EXPECT_EQ(status().at("next"), "sallyportctl ca rotate --finish");
  // Cut short between key and certificate.
  ASSERT_TRUE(CertificateAuthority::load(path("state/ca/next"))->key().store(path("state/ca/ca.key")));
  must({"ca", "rotate", "--finish"});
  EXPECT_TRUE(CertificateAuthority::load(path("state/ca")));
  EXPECT_EQ(document({"ca", "show"}).at("revocation_lists").at(0).at("revoked").size(), 1U)
      << "what was revoked stays revoked";
}

TEST_F(RotationCommands, WriteWhatIsRevokedOnBothLists) {
  enroll("ana-laptop");
  must({"ca", "rotate"});
  must({"devices", "revoke", "ana-laptop"});
  const auto lists = document({"ca", "show"}).at("revocation_lists");
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_EQ(lists.at(0).at("revoked").size(), 1U);
  EXPECT_EQ(lists.at(0), lists.at(1));
}

TEST_F(RotationCommands, KeepWhatElseTheGatewayTrusts) {
  const auto foreign = CertificateAuthority::create({"Foreign", "example.com"}, now_);
  write("trusted.pem", foreign->certificate_pem() + content("state/ca/ca.pem"));
  write("lists.pem", *foreign->issue_crl({}, 1, now_, now_ + std::chrono::days{30}) + content("state/crl.pem"));
  write("gateway.toml",
        content("gateway.toml") + "ca = \"" + path("trusted.pem") + "\"\ncrl = \"" + path("lists.pem") + "\"\n");
  must({"ca", "rotate"});
  must({"ca", "rotate", "--finish", "--force"});
  const auto shown = document({"ca", "show"});
  ASSERT_EQ(shown.at("authorities").size(), 2U);
  EXPECT_EQ(shown.at("authorities").at(0).at("subject"), "CN=Foreign");
  EXPECT_EQ(shown.at("authorities").at(1).at("subject"), "CN=example.com device authority 2");
}

TEST_F(RotationCommands, EnrolByFilesWithTheNewOneAndBothOnceItSigns) {
  must({"ca", "rotate"});
  enroll("first");
  EXPECT_TRUE(openssl("verify -CAfile " + path("state/ca/ca.pem") + ' ' + path("first.pem")));
  must({"ca", "rotate", "--issue"});
  const auto made = document(
      {"devices", "enroll", "--user", "ana@example.com", "--csr", make_request("second"), "--out", path("second.pem")});
  EXPECT_EQ(made.at("ca"), path("state/ca/next/both.pem"));
  EXPECT_TRUE(openssl("verify -CAfile " + made.at("ca").get<std::string>() + ' ' + path("second.pem")));
  EXPECT_FALSE(openssl("verify -CAfile " + path("state/ca/ca.pem") + ' ' + path("second.pem")));
  EXPECT_EQ(status().at("with_new_certificate"), 1);
}

TEST_F(RotationCommands, GiveANewAuthorityUpBeforeItSignedAnything) {
  const auto before = content("state/ca/ca.pem");
  must({"ca", "rotate"});
  const auto next = rotation().next;
  must({"ca", "rotate", "--issue"});
  EXPECT_EQ(document({"ca", "abort"}).at("phase"), "none");
  EXPECT_EQ(content("state/ca/ca.pem"), before);
  EXPECT_FALSE(fs::exists(path("state/ca/next")));
  EXPECT_EQ(rotation().retired, std::vector<std::string>{next}) << "laptops are told to let it go";
  EXPECT_TRUE(is_signed_by_the_authority(rotation()));
  must({"ca", "rotate"});
  EXPECT_EQ(document({"ca", "status"}).at("new").at("subject"), "CN=example.com device authority 3") << "no name twice";
}

TEST_F(RotationCommands, GiveNothingUpThatSignedCertificates) {
  must({"ca", "rotate"});
  must({"ca", "rotate", "--issue"});
  enroll("ana-laptop");
  const auto refused = ctl({"ca", "abort"});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("signed 1 certificate already"), std::string::npos) << refused.err;
  EXPECT_EQ(rotation().phase, RotationPhase::Issuing);
}

TEST_F(RotationCommands, PinTheAuthorityOfTheGatewaysOwnCertificate) {
  const auto pin = [this] { return document({"tokens", "create", "--user", "ana@example.com"}).value("pin", ""); };
  const auto old = authority();
  must({"ca", "rotate"});
  EXPECT_EQ(pin(), old);
  must({"ca", "rotate", "--issue"});
  EXPECT_EQ(pin(), old);
  const auto done = ctl({"ca", "rotate", "--finish"});
  EXPECT_NE(done.err.find("2 enrolment tokens are still good"), std::string::npos) << done.err;
  EXPECT_EQ(pin(), authority());
  EXPECT_NE(pin(), old);
}

TEST_F(RotationCommands, AreOneAtATime) {
  const auto held = lock_rotation(config());
  ASSERT_TRUE(held);
  const auto refused = ctl({"ca", "rotate"});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("another sallyportctl"), std::string::npos);
  EXPECT_EQ(ctl({"ca", "status"}).code, CtlExit::Ok) << "a look disturbs nobody";
}

TEST_F(RotationCommands, SayWhenTheRunningGatewayDoesNotGoByAStep) {
  int answers_well = 0;
  FakeGateway gateway{path("run/gateway.sock"), [&](const nlohmann::json& request) {
                        if (request.at("do") == "audit.note") return nlohmann::json{{"v", 1}, {"ok", true}};
                        if (answers_well-- > 0) return nlohmann::json{{"v", 1}, {"ok", true}, {"ended", 0}};
                        return nlohmann::json{{"v", 1}, {"ok", false}, {"error", "no"}, {"hint", ""}};
                      }};
  const auto begun = ctl({"ca", "rotate"});
  EXPECT_EQ(begun.code, CtlExit::Failed);
  EXPECT_NE(begun.err.find("does not go by it"), std::string::npos) << begun.err;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ctl({"ca", "rotate", "--finish", "--force"}).code, CtlExit::Failed);
    EXPECT_EQ(rotation().phase, RotationPhase::Issuing) << "one that cannot sign by it cannot live by it alone";
  }
  answers_well = 1;
  EXPECT_EQ(ctl({"ca", "rotate", "--finish", "--force"}).code, CtlExit::Failed);
  EXPECT_EQ(rotation().phase, RotationPhase::Retiring) << "the files stay where they are until it goes by that";
  EXPECT_TRUE(fs::exists(path("state/ca/next/ca.key")));
  answers_well = 2;
  EXPECT_EQ(ctl({"ca", "rotate", "--finish"}).code, CtlExit::Ok);
}

TEST_F(RotationCommands, HandTheKeyToTheGatewayWhereItHasACopyOfThePresentOne) {
  write("gateway.toml",
        content("gateway.toml") + "[enrolment]\nca_key = \"" + path("state/ca.key") + "\"\nlisten = \"[::1]:8443\"\n");
  fs::copy_file(path("state/ca/ca.key"), path("state/ca.key"));
  must({"ca", "rotate"});
  EXPECT_EQ(mode("state/ca.key.next"), 0600U);
  EXPECT_EQ(content("state/ca.key.next"), content("state/ca/next/ca.key"));
  must({"ca", "rotate", "--issue"});
  must({"ca", "rotate", "--finish"});
  EXPECT_EQ(content("state/ca.key"), content("state/ca/ca.key"));
  EXPECT_EQ(mode("state/ca.key"), 0600U);
  EXPECT_FALSE(fs::exists(path("state/ca.key.next")));
}

TEST_F(RotationCommands, RefuseATimeThatIsNone) {
  must({"ca", "rotate"});
  EXPECT_EQ(ctl({"ca", "rotate", "--issue", "--renew-within", "soon"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"ca", "rotate", "--issue", "--renew-within", "31d"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"ca", "rotate", "--renew-within", "1h"}).code, CtlExit::Usage);
  EXPECT_EQ(rotation().phase, RotationPhase::Spreading);
}

TEST_F(RotationCommands, NeedTheAuthorityThatTheGatewayCertifiesBy) {
  const auto other = CertificateAuthority::create({"Other", "example.com"}, now_);
  write("other.pem", other->certificate_pem());
  write("gateway.toml", content("gateway.toml") + "[enrolment]\nca_certificate = \"" + path("other.pem") + "\"\n");
  const auto refused = ctl({"ca", "rotate"});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("certifies by another authority"), std::string::npos) << refused.err;
  EXPECT_FALSE(rotation().is_under_way());
}

TEST_F(RotationCommands, NeedAnAuthority) {
  fs::remove_all(path("state/ca"));
  const auto refused = ctl({"ca", "rotate"});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("sallyportctl ca init"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace sallyport
