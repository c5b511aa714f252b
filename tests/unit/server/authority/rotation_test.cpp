#include "server/authority/rotation.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport {
namespace {

const std::string kOld(64, 'a');
const std::string kNext(64, 'b');

Rotation issuing() {
  return {.phase = RotationPhase::Issuing,
          .generation = 3,
          .current = kOld,
          .next = kNext,
          .begun_at = WallTime{std::chrono::seconds{1'800'000'000}},
          .renew_within = std::chrono::hours{2},
          .retired = {std::string(64, 'c')},
          .retired_keys = {std::string(40, 'd')},
          .retirement = ByteBuffer(3, std::byte{1})};
}

class RotationRecord : public testing::Test {
 protected:
  RotationRecord() {
    config_.state = directory_.path();
    EXPECT_EQ(::mkdir(config_.ca_directory().c_str(), 0711), 0);
  }
  TemporaryDirectory directory_;
  GatewayConfig config_;
};

TEST_F(RotationRecord, IsNoRotationWhereThereIsNoFile) {
  const auto loaded = load_rotation(config_);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(*loaded, Rotation{});
  EXPECT_FALSE(loaded->is_under_way());
}

TEST_F(RotationRecord, ComesBackAsItWasWritten) {
  ASSERT_TRUE(store_rotation(config_, issuing()));
  const auto loaded = load_rotation(config_);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(*loaded, issuing());
}

TEST_F(RotationRecord, ThatCannotBeUnderstoodIsNeverTakenForNone) {
  const auto good = to_text(issuing());
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"issuing\"", "\"finished\""},
           {"\"v\": 1", "\"v\": 2"},
           {kNext, "b"},
           {kNext, kOld},
           {"\"renew_within\": 7200", "\"renew_within\": 0"},
           {"2027-01-15T08:00:00Z", "yesterday"},
           {"\"retired\"", "\"gone\""},
           {std::string(40, 'd'), std::string(40, 'x')},
           {std::string(40, 'd'), std::string(39, 'd')},
           {"\"AQEB\"", "\"AQE\""},
           {"\"AQEB\"", "\"\""},
           {"\"AQEB\"", "7"},
           {"{", "["},
       }) {
    auto text = good;
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from << " in " << text;
    text.replace(at, from.size(), to);
    ASSERT_TRUE(write_file_atomically(RotationFiles{config_}.record, text));
    EXPECT_FALSE(load_rotation(config_)) << text;
  }
  ASSERT_TRUE(write_file_atomically(RotationFiles{config_}.record, ""));
  EXPECT_FALSE(load_rotation(config_));
}

TEST_F(RotationRecord, OfBeforeThereWereKeysInItIsRead) {
  auto text = to_text(issuing());
  const auto at = text.find("\"retired_keys\"");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string_view{"\"retired_keys\""}.size(), "\"unknown\"");
  const auto loaded = parse_rotation(text);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->retired_keys.empty());
  EXPECT_EQ(loaded->retired, issuing().retired);
}

TEST_F(RotationRecord, OfBeforeItWasSignedIsRead) {
  auto before = issuing();
  before.retirement.clear();
  EXPECT_EQ(to_text(before).find("retirement"), std::string::npos);
  EXPECT_EQ(parse_rotation(to_text(before)), before);
}

TEST_F(RotationRecord, ThatOthersMayWriteIsRefused) {
  ASSERT_TRUE(store_rotation(config_, issuing()));
  ASSERT_EQ(::chmod(RotationFiles{config_}.record.c_str(), 0666), 0);
  EXPECT_FALSE(load_rotation(config_));
}

/// Whether somebody who may not look into the authority's directory is told so, rather than that there is no rotation.
bool is_refused_without_permission(const GatewayConfig& config) {
  const auto child = ::fork();
  if (child == 0) {
    const bool is_nobody = ::geteuid() != 0 || (::setgid(65534) == 0 && ::setuid(65534) == 0);
    ::_exit(!is_nobody ? 2 : load_rotation(config) ? 1 : 0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(RotationRecord, ThatMayNotBeLookedAtIsNeverTakenForNone) {
  ASSERT_TRUE(store_rotation(config_, issuing()));
  ASSERT_EQ(::chmod(config_.ca_directory().c_str(), 0000), 0);
  EXPECT_TRUE(is_refused_without_permission(config_));
  ASSERT_EQ(::chmod(config_.ca_directory().c_str(), 0711), 0);
}

TEST_F(RotationRecord, RemembersTheLastRetiredOnes) {
  Rotation rotation;
  for (char c = 'a'; c <= 'z'; ++c) rotation.retire(std::string(64, c), std::string(40, c));
  EXPECT_EQ(rotation.retired.size(), kMaxRetiredKept);
  EXPECT_EQ(rotation.retired.back(), std::string(64, 'z'));
  EXPECT_EQ(rotation.retired_keys.size(), 26U) << "a key never counts again";
  rotation.retire(std::string(64, 'y'), std::string(40, 'y'));
  EXPECT_EQ(rotation.retired.size(), kMaxRetiredKept) << "none twice";
  EXPECT_EQ(rotation.retired.back(), std::string(64, 'y'));
  rotation.retirement = ByteBuffer(3, std::byte{1});
  rotation.retire(std::string(64, 'x'), {});
  EXPECT_TRUE(rotation.retirement.empty()) << "what was signed was for another list";
}

TEST_F(RotationRecord, SaysWhereTheGatewayFindsTheNextKey) {
  EXPECT_EQ(RotationFiles{config_}.issuing_key, config_.ca_directory() + "/next/ca.key");
  config_.enrolment.emplace();
  config_.enrolment->ca_key = config_.ca_directory() + "/ca.key";
  EXPECT_EQ(RotationFiles{config_}.issuing_key, config_.ca_directory() + "/next/ca.key");
  config_.enrolment->ca_key = config_.state + "/ca.key";
  EXPECT_EQ(RotationFiles{config_}.issuing_key, config_.state + "/ca.key.next");
}

TEST_F(RotationRecord, ChangesWhoSignsOnlyOnceTheOldOneIsRetired) {
  auto rotation = issuing();
  EXPECT_EQ(signing_files(config_, rotation).key, config_.ca_directory() + "/ca.key");
  rotation.phase = RotationPhase::Retiring;
  EXPECT_EQ(signing_files(config_, rotation).key, config_.ca_directory() + "/next/ca.key");
}

}  // namespace
}  // namespace sallyport
