#include "tests/system/support/fixture.hpp"

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// An office that does not know the way back to the pool: it answers its own network and nothing else.
class Masquerading : public OwnLab {
 protected:
  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_TRUE(lab().run_at(Place::Office, {"ip", "route", "del", "default"}).ok());
    ASSERT_TRUE(lab().run_at(Place::Office, {"ip", "-6", "route", "del", "default"}).ok());
    configuration_ = lab().read("etc/gateway.toml");
  }
  /// Starts the gateway anew with this line in its configuration, and waits for the laptop.
  void restart_with(const std::string& line) {
    ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
    lab().write("etc/gateway.toml", configuration_ + line + '\n');
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text();
    ASSERT_TRUE(lab().wait_online(Seconds{30}));
  }
  void expect_reached() {
    for (const auto* service : {"LAB_ALLOWED", "LAB_ALLOWED_V6"}) {
      EXPECT_EQ(lab().fetch(lab().env(service)).body, "hello from the office\n") << service;
    }
    for (const auto* address : {"10.20.4.10", "fd00:20::4:10"}) {
      const auto ran = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "3", address});
      EXPECT_TRUE(ran.ok()) << ran.text();
    }
  }
  void expect_not_reached() {
    // What is not answered is waited for, so the fetch ends by its own limit: 28 is curl's word for that.
    for (const auto* service : {"LAB_ALLOWED", "LAB_ALLOWED_V6"})
      EXPECT_EQ(lab().fetch(lab().env(service)).exit_code, 28);
  }
  /// Whom the office's services saw, without ports.
  [[nodiscard]] bool office_saw(const std::string& peer) {
    return lab().read("office.journal").find(' ' + peer + ':') != std::string::npos;
  }

 private:
  std::string configuration_;
};

TEST_F(Masquerading, IsWhatReachesAnOfficeWithoutAWayBack) {
  expect_not_reached();
  restart_with("masquerade = true");
  expect_reached();
  EXPECT_TRUE(office_saw("10.20.0.1") && office_saw("fd00:20::1")) << lab().read("office.journal");
  EXPECT_FALSE(office_saw(lab().inside_address(4))) << lab().read("office.journal");
  restart_with("masquerade = false");
  expect_not_reached();
}

TEST_F(Masquerading, OnANamedInterfaceChangesNothingOnOthers) {
  restart_with("masquerade = \"wan\"");
  expect_not_reached();
  restart_with("masquerade = \"lan\"");
  expect_reached();
}

TEST_F(Masquerading, DoesNotWidenThePolicyAndEndsWithTheGateway) {
  restart_with("masquerade = true");
  Watch watch{lab()};
  for (const auto* service : {"LAB_FORBIDDEN", "LAB_FORBIDDEN_V6"})
    EXPECT_EQ(lab().fetch(lab().env(service)).exit_code, 7);
  SALLYPORT_EXPECT_CLEAN(watch.finish());
  EXPECT_EQ(lab().read("office.journal").find(":2222 "), std::string::npos) << lab().read("office.journal");
  ASSERT_TRUE(lab().run_at(Place::Gateway, {"nft", "list", "table", "inet", "sallyport"}).ok());
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  EXPECT_FALSE(lab().run_at(Place::Gateway, {"nft", "list", "table", "inet", "sallyport"}).ok());
}

}  // namespace
}  // namespace sallyport::lab
