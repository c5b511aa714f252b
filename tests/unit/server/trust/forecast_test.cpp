#include "server/trust/forecast.hpp"

#include "server/trust/forecast_document.hpp"
#include "tests/unit/server/trust/two_authorities.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sallyport {
namespace {

using std::chrono::days;
using std::chrono::hours;

class ForecastTest : public TwoAuthorities {
 protected:
  std::vector<Ending> look(std::vector<DeviceRecord> devices, std::chrono::seconds horizon = days{29},
                           bool renews = false) const {
    const auto trust = bundle();
    return forecast({trust.get(), &gateway_.info, "vpn.example.com", std::move(devices), renews}, now_, horizon);
  }
  static const Ending* find(const std::vector<Ending>& endings, EndingKind kind, const std::string& authority) {
    const auto found = std::find_if(endings.begin(), endings.end(), [&](const Ending& ending) {
      return ending.kind == kind && ending.authority == authority;
    });
    return found == endings.end() ? nullptr : &*found;
  }

  const TestIdentity gateway_ = own_.gateway();
};

TEST_F(ForecastTest, NamesEverythingInOrderOfTime) {
  const auto endings =
      look({device("ana", "", days{5}), device("bo", "corp", days{1}), device("cy", "", days{90})}, days{36500});
  ASSERT_EQ(endings.size(), 3U + 1U + 2U + 2U) << "devices, the gateway, authorities, lists";
  EXPECT_TRUE(
      std::is_sorted(endings.begin(), endings.end(), [](const Ending& a, const Ending& b) { return a.at < b.at; }));
  EXPECT_EQ(endings[0].what, "the certificate of bo");
  EXPECT_EQ(endings[1].kind, EndingKind::RevocationList) << "corp's list lasts two days";
  EXPECT_EQ(endings[2].what, "the certificate of ana");
}

TEST_F(ForecastTest, LooksNoFurtherThanAsked) {
  EXPECT_EQ(look({device("ana", "", days{5})}, days{4}).size(), 1U) << "corp's list alone";
  EXPECT_EQ(look({device("ana", "", days{5})}, days{5}).size(), 2U);
}

TEST_F(ForecastTest, SaysWhomEachLocksOut) {
  const auto endings =
      look({device("ana", "", days{50}), device("bo", "corp", days{50}), device("cy", "corp", days{50})}, days{36500});
  const auto* list = find(endings, EndingKind::RevocationList, "corp");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(names_of(list->devices, 9), "bo, cy");
  EXPECT_EQ(list->people.size(), 2U);
  const auto* authority = find(endings, EndingKind::Authority, "corp");
  ASSERT_NE(authority, nullptr);
  EXPECT_EQ(names_of(authority->devices, 9), "bo, cy");
  EXPECT_NE(authority->remedy.find("[[authority]] corp"), std::string::npos);
  const auto* ours = find(endings, EndingKind::Authority, "");
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(names_of(ours->devices, 9), "ana");
  const auto* gateway = find(endings, EndingKind::Gateway, "");
  ASSERT_NE(gateway, nullptr);
  EXPECT_EQ(names_of(gateway->devices, 2), "ana, bo and 1 more") << "everybody";
}

TEST_F(ForecastTest, CountsADeviceThatWasNeverSeenWhereItsAuthorityHasOneCertificate) {
  auto unseen = device("bo", "corp", days{0});
  unseen.serial.clear();
  unseen.issuer.clear();
  const auto endings = look({unseen}, days{36500});
  EXPECT_EQ(find(endings, EndingKind::Device, "corp"), nullptr) << "nothing of it ends";
  EXPECT_EQ(names_of(find(endings, EndingKind::Authority, "corp")->devices, 9), "bo");
}

TEST_F(ForecastTest, LeavesOutWhoIsOutAlready) {
  auto revoked = device("ana", "", days{5});
  revoked.state = DeviceState::Revoked;
  EXPECT_EQ(look({revoked}).size(), 1U);
  const auto ended = look({device("ana", "", -days{3})});
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].what, "the certificate of ana") << "an active device that has run out is worth a word";
  EXPECT_TRUE(ended[0].is_due);
}

TEST_F(ForecastTest, SaysWhatToDo) {
  const auto by_hand = look({device("ana", "", days{5})});
  EXPECT_EQ(by_hand[1].remedy, "sallyportctl devices enroll --id ana --user ana@example.com --replace --csr FILE");
  const auto by_itself = look({device("ana", "", days{5})}, days{30}, true);
  EXPECT_NE(by_itself[1].remedy.find("renews itself"), std::string::npos);
  const auto too_late = look({device("ana", "", -days{5})}, days{30}, true);
  EXPECT_EQ(too_late[0].remedy, "sallyportctl tokens create --user ana@example.com --device ana --replace");
}

TEST_F(ForecastTest, WarnsOfWhatShouldHaveBeenReplaced) {
  const auto endings = look({device("ana", "", days{13}), device("cy", "", days{15})}, days{36500});
  EXPECT_TRUE(
      std::find_if(endings.begin(), endings.end(), [](const auto& e) { return e.what.ends_with(" ana"); })->is_due);
  EXPECT_FALSE(
      std::find_if(endings.begin(), endings.end(), [](const auto& e) { return e.what.ends_with(" cy"); })->is_due);
  EXPECT_FALSE(find(endings, EndingKind::RevocationList, "corp")->is_due) << "two of its four days are left";
  EXPECT_FALSE(find(endings, EndingKind::RevocationList, "")->is_due);
  const auto trust = bundle();
  const auto later = forecast({trust.get(), nullptr, {}, {}, false}, now_ + hours{30}, days{1});
  ASSERT_EQ(later.size(), 1U);
  EXPECT_TRUE(later[0].is_due) << "less than a quarter is left";
}

TEST_F(ForecastTest, NamesAListThatCannotBeRead) {
  const std::string unread = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n";
  for (const bool with_another : {false, true}) {
    const auto trust = bundle({.list_until = with_another ? now_ + days{30} : WallTime{},
                               .beside = unread + (with_another ? own_.crl() : std::string{}),
                               .list_required = false});
    const auto endings = forecast({trust.get(), nullptr, {}, {device("bo", "corp", days{50})}, false}, now_, days{1});
    if (with_another) {
      EXPECT_TRUE(endings.empty()) << "it is nobody's: there is a good one of everybody it could be of";
      continue;
    }
    ASSERT_EQ(endings.size(), 1U);
    EXPECT_EQ(endings[0].at, now_);
    EXPECT_TRUE(endings[0].is_due) << "the gateway warns of it";
    EXPECT_EQ(names_of(endings[0].devices, 9), "bo");
    EXPECT_NE(endings[0].what.find("authority corp"), std::string::npos) << endings[0].what;
    EXPECT_NE(endings[0].what.find("corp.crl"), std::string::npos) << endings[0].what;
    EXPECT_NE(endings[0].remedy.find("its devices are refused"), std::string::npos) << endings[0].remedy;
  }
}

TEST_F(ForecastTest, IsADocumentWithStableFields) {
  const auto endings = look({device("ana", "", days{5}), device("bo", "", days{6})});
  const auto document = ending_document(endings[1], now_, 1);
  EXPECT_EQ(document["kind"], "device");
  EXPECT_EQ(document["in_seconds"], 5 * 86400);
  EXPECT_EQ(document["ended"], false);
  EXPECT_EQ(document["locks_out"]["devices"], 1);
  EXPECT_EQ(document["locks_out"]["device_names"][0], "ana");
  EXPECT_TRUE(document["authority"].is_null());
}

}  // namespace
}  // namespace sallyport
