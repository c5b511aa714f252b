#include "server/ctl/rotation_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace sallyport {
namespace {

/// A change of authorities whose files are not there.
class RotationText : public testing::Test {
 protected:
  std::string said() {
    std::ostringstream out;
    Console console{out, out};
    const auto document = rotation_document(config_, rotation_, survey_);
    say_rotation(console, document, rotation_, survey_, WallTime{});
    return out.str();
  }
  void spread() {
    rotation_.phase = RotationPhase::Spreading;
    rotation_.current = std::string(64, 'a');
    rotation_.next = std::string(64, 'b');
    survey_.counted = 100;
    survey_.with_next = 97;
  }

  GatewayConfig config_;
  Rotation rotation_;
  RotationSurvey survey_;
};

TEST_F(RotationText, SaysHowToBeginWhereNothingIsUnderWay) {
  const auto document = rotation_document(config_, rotation_, survey_);
  EXPECT_EQ(document.at("phase"), "none");
  EXPECT_TRUE(document.at("old").is_null());
  EXPECT_TRUE(document.at("stranded").is_null());
  EXPECT_EQ(document.at("next"), "sallyportctl ca rotate");
  EXPECT_NE(said().find("To put a new authority in the place of the present one"), std::string::npos) << said();
}

TEST_F(RotationText, CountsTheDevicesThatStillTrustARetiredAuthority) {
  survey_.counted = 5;
  survey_.with_retired = 2;
  EXPECT_NE(said().find("2/5 devices still trust a retired authority"), std::string::npos) << said();
}

TEST_F(RotationText, NamesBothAuthoritiesByTheirFingerprintsAlsoWhereTheirFilesCannotBeRead) {
  spread();
  const auto document = rotation_document(config_, rotation_, survey_);
  EXPECT_EQ(document.at("new").at("fingerprint"), rotation_.next);
  EXPECT_TRUE(document.at("new").at("subject").is_null());
  EXPECT_NE(said().find("  old  aaaaaaaaaaaaaaaa  ?\n  new  bbbbbbbbbbbbbbbb  ?\n"), std::string::npos) << said();
  EXPECT_NE(said().find("97/100 devices have the new root"), std::string::npos) << said();
  EXPECT_EQ(document.at("next"), "sallyportctl ca rotate --issue");
}

TEST_F(RotationText, HasWhoWouldBeLockedOutWaitedForBeforeTheLastStep) {
  spread();
  rotation_.phase = RotationPhase::Issuing;
  survey_.stranded = 3;
  EXPECT_EQ(rotation_document(config_, rotation_, survey_).at("next"),
            "wait for those devices, then: sallyportctl ca rotate --finish");
  survey_.stranded = 0;
  EXPECT_EQ(rotation_document(config_, rotation_, survey_).at("next"), "sallyportctl ca rotate --finish");
}

}  // namespace
}  // namespace sallyport
