#include "tests/unit/server/ctl/ctl_fixture.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// An audit file as a gateway writes it.
class DenialsList : public CtlTest {
 protected:
  DenialsList() { EXPECT_EQ(::mkdir(path("state").c_str(), 0700), 0); }

  void record(const std::string& event, const std::string& device, const std::string& to, const std::string& code,
              std::chrono::seconds ago = std::chrono::seconds{5}) const {
    const auto time = format_utc(now_ - ago);
    std::ofstream file{path("state/audit.jsonl"), std::ios::app};
    file << R"({"seq":)" << ++number_ << R"(,"prev":")" << std::string(64, '0') << R"(","time":")" << time
         << R"(","event":")" << event << R"(","user":"ana@example.com","device":")" << device << '"';
    if (!to.empty()) file << R"(,"destination":")" << to << '"';
    file << R"(,"reason":"no_rule","reference":")" << code << "\"}\n";
  }
  [[nodiscard]] Json listed(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"denials", "list"});
    return document(more);
  }

 private:
  mutable int number_ = 0;
};

TEST_F(DenialsList, ShowsConnectionsAndSessionsWithTheirCodes) {
  record("flow.denied", "ana-laptop", "10.20.4.10:22/tcp", "K7Q2-9XPD");
  record("session.refused", "ana-laptop", "", "AAAA-BBBB");
  record("session.open", "ana-laptop", "", "");
  const auto list = listed().at("denials");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].at("to"), "10.20.4.10:22/tcp");
  EXPECT_EQ(list[0].at("code"), "K7Q2-9XPD");
  EXPECT_EQ(list[0].at("reason"), "no_rule");
  EXPECT_TRUE(list[1].at("to").is_null());
  const auto run = ctl({"denials", "list"});
  EXPECT_NE(run.out.find("K7Q2-9XPD"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("explain-code"), std::string::npos) << run.err;
}

TEST_F(DenialsList, KeepsToAPersonADeviceATimeAndANumber) {
  record("flow.denied", "ana-laptop", "10.20.4.10:22/tcp", "AAAA-0001", std::chrono::hours{48});
  record("flow.denied", "bo-laptop", "10.20.4.10:22/tcp", "AAAA-0002");
  record("flow.denied", "ana-laptop", "10.20.4.10:25/tcp", "AAAA-0003");
  record("flow.denied", "ana-laptop", "10.20.4.10:26/tcp", "AAAA-0004");
  EXPECT_EQ(listed().at("denials").size(), 3U) << "of the last day";
  EXPECT_EQ(listed({"--since", "3d"}).at("denials").size(), 4U);
  EXPECT_EQ(listed({"--device", "bo-laptop"}).at("denials").size(), 1U);
  EXPECT_EQ(listed({"--user", "bo@example.com"}).at("denials").size(), 0U);
  const auto newest = listed({"--limit", "1"});
  EXPECT_EQ(newest.at("denials")[0].at("code"), "AAAA-0004");
  EXPECT_EQ(newest.at("left_off"), 2U);
}

TEST_F(DenialsList, SaysWhatIsWrongWithATime) {
  EXPECT_EQ(ctl({"denials", "list", "--since", "noon"}).code, CtlExit::Usage);
}

}  // namespace
}  // namespace sallyport
