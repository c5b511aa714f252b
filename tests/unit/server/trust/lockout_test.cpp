#include "server/trust/lockout.hpp"

#include "tests/unit/server/trust/two_authorities.hpp"

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;

class Stranding : public TwoAuthorities {
 protected:
  std::vector<DeviceRecord> devices() const { return {device("ana", "", days{30}), device("bo", "corp", days{30})}; }
  std::string stranded(const std::shared_ptr<const TrustBundle>& before,
                       const std::shared_ptr<const TrustBundle>& after,
                       const std::vector<DeviceRecord>& devices) const {
    std::optional<TrustView> view;
    if (before) view = TrustView{before.get(), {}};
    std::string text;
    const auto found = stranded_by(view, {after.get(), {}}, devices, now_);
    if (view && !may_strand(*view, {after.get(), {}}, now_)) {
      EXPECT_TRUE(found.empty()) << "the quick answer is no guess";
    }
    for (const auto& each : found) text += each.device.text() + ": " + std::string{words_for(each.lockout)} + "\n";
    return text;
  }
};

TEST_F(Stranding, HappensToNobodyWhileTrustStays) {
  EXPECT_EQ(stranded(bundle(), bundle(), devices()), "");
  EXPECT_EQ(stranded(nullptr, bundle(), devices()), "");
}

TEST_F(Stranding, NamesTheDevicesOfAnAuthorityThatIsGone) {
  const auto without = bundle({.with_corp = false});
  EXPECT_EQ(stranded(bundle(), without, devices()), "bo: what signed its certificate is trusted no more\n");
  EXPECT_EQ(stranded(nullptr, without, devices()), "bo: what signed its certificate is trusted no more\n")
      << "at a start too";
  auto unseen = devices();
  unseen[1].issuer.clear();
  unseen[1].serial.clear();
  EXPECT_EQ(stranded(bundle(), without, unseen), "bo: what signed its certificate is trusted no more\n");
}

TEST_F(Stranding, NamesThoseWhomTheirAuthorityMayNoLongerName) {
  const auto narrow = bundle({.users = "ana@example.com", .list_until = now_ + days{1}});
  EXPECT_EQ(stranded(bundle(), narrow, devices()), "bo: its authority may not name its person\n");
}

TEST_F(Stranding, NamesThoseWhoseListIsOver) {
  const auto over = bundle({.list_until = now_ - hours{1}});
  EXPECT_EQ(stranded(bundle(), over, devices()), "bo: its authority has no revocation list that is good now\n");
  EXPECT_EQ(stranded(over, over, devices()), "") << "who was locked out before is not stranded by the new";
  EXPECT_EQ(stranded(nullptr, over, devices()), "") << "time that has passed keeps no gateway from starting";
}

TEST_F(Stranding, IsNotWhatAListThatCannotBeReadDoes) {
  const auto none = bundle({.beside = own_.crl(), .list_required = false});
  const auto unread =
      bundle({.beside = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", .list_required = false});
  EXPECT_FALSE(lockout_of(devices()[1], *none, now_));
  EXPECT_EQ(lockout_of(devices()[1], *unread, now_), Lockout::ListUnread);
  EXPECT_EQ(stranded(none, unread, devices()), "") << "nobody is let in because a list was held up";
}

TEST_F(Stranding, CountsNobodyWhoCannotConnectAnyway) {
  auto gone = devices();
  gone[1].state = DeviceState::Disabled;
  EXPECT_EQ(stranded(bundle(), bundle({.with_corp = false}), gone), "");
  gone[1].state = DeviceState::Active;
  gone[1].user_disabled = true;
  EXPECT_EQ(stranded(bundle(), bundle({.with_corp = false}), gone), "");
  EXPECT_EQ(stranded(nullptr, bundle({.with_corp = false}), gone), "") << "nor at a start";
  gone[1].user_disabled = false;
  gone[1].not_after = now_ - hours{1};
  EXPECT_EQ(stranded(bundle(), bundle({.with_corp = false}), gone), "");
}

TEST_F(Stranding, KnowsOurDevicesByWhatSignedThem) {
  auto strangers = devices();
  strangers[0].issuer = std::string(40, 'a');
  EXPECT_EQ(stranded(nullptr, bundle(), strangers), "ana: what signed its certificate is trusted no more\n");
  strangers[0].issuer = id_of(corp_);
  EXPECT_EQ(stranded(nullptr, bundle(), strangers), "ana: what signed its certificate is trusted no more\n")
      << "corp does not speak for ours";
}

TEST_F(Stranding, SeesAGatewayThatLaptopsDoNotKnow) {
  const auto before = bundle({.with_corp = false});
  const auto after = bundle();
  const auto corp = id_of(corp_);
  const auto count = [&](const std::shared_ptr<const TrustBundle>& old, const std::string& issuer) {
    return stranded_by(TrustView{old.get(), id_of(own_)}, {after.get(), issuer}, {device("ana", "", days{30})}, now_)
        .size();
  };
  EXPECT_EQ(count(before, corp), 1U) << "nobody can have heard of an authority that comes with its certificate";
  EXPECT_EQ(count(after, corp), 0U) << "the gateway trusted it before, so laptops may know it";
  EXPECT_EQ(count(before, id_of(own_)), 0U);
}

TEST_F(Stranding, SaysWhomAndWhatToType) {
  std::vector<StrandedDevice> many;
  for (int i = 0; i < 12; ++i) {
    const auto name = "pc-" + std::to_string(i);
    many.push_back({DeviceId{name}, UserId{"ana@example.com"}, Lockout::UntrustedIssuer});
  }
  const auto words = to_string(stranding_refused(many, 3, "gateway.toml", "sallyportctl reload --allow-stranding"));
  EXPECT_NE(words.find(names_of(many)), std::string::npos) << words;
  EXPECT_NE(words.find("would lock out 12 known devices"), std::string::npos) << words;
  EXPECT_NE(words.find("pc-0 of ana@example.com (what signed"), std::string::npos) << words;
  EXPECT_NE(words.find("and 2 more"), std::string::npos) << words;
  EXPECT_NE(words.find("sallyportctl reload --allow-stranding 12"), std::string::npos) << words;
}

}  // namespace
}  // namespace sallyport
