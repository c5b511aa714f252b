#include "tests/system/support/fixture.hpp"
#include "tests/system/support/sanitized.hpp"

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// An enrolled device that sends what it must not (SECURITY.md: malicious enrolled device). The laptop stays quiet.
class HostileDevice : public SharedLab<HostileDevice> {
 protected:
  /// Runs a scenario under watch: nothing forbidden arrives, the session of the hostile device itself goes on, and
  /// so does the gateway.
  json attack(const std::string& scenario, const Words& arguments = {}) {
    Watch watch{lab()};
    Words words{scenario};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto ran = lab().tool("hostile_device.py", words, Seconds{60});
    const auto result = ran.last_line();
    EXPECT_TRUE(ran.ok() && result.is_object()) << ran.text();
    const auto seen = watch.finish();
    SALLYPORT_EXPECT_CLEAN(seen);
    EXPECT_EQ(seen.from_laptop, 0U) << seen;
    EXPECT_EQ(seen.to_laptop, 0U) << seen;
    EXPECT_TRUE(lab().lives("sallyport-gateway"));
    std::cout << scenario << ": " << result << '\n';
    return result.is_object() ? result : json::object();
  }
  Words laptop_addresses() { return {lab().inside_address(4), lab().inside_address(6)}; }
};

TEST_F(HostileDevice, CannotSendFromAnAddressThatIsNotItsOwn) {
  const auto result = attack("foreign_source", laptop_addresses());
  EXPECT_EQ(result.value("alive", json{}), true) << result;
}

TEST_F(HostileDevice, CannotSendFromAnIpv6AddressThatIsNotItsOwn) {
  const auto result = attack("foreign_source6", laptop_addresses());
  EXPECT_EQ(result.value("alive", json{}), true) << result;
}

TEST_F(HostileDevice, CannotReachAForbiddenPort) {
  const auto result = attack("forbidden_port");
  EXPECT_EQ(result.value("alive", json{}), true) << result;
  EXPECT_GT(result.value("resets", 0), 5) << "refusals are answered: " << result;
  EXPECT_GT(result.value("prohibited", 0), 0) << result;
}

TEST_F(HostileDevice, CannotReachAForbiddenNetworkOrTheGatewayItself) {
  const auto result = attack("forbidden_subnet");
  EXPECT_EQ(result.value("alive", json{}), true) << result;
}

TEST_F(HostileDevice, CannotReachAnotherDevice) {
  const auto result = attack("other_device", laptop_addresses());
  EXPECT_EQ(result.value("other", -1), 0) << result;
}

TEST_F(HostileDevice, CannotPassAPortRuleWithFragments) {
  const auto result = attack("fragments");
  EXPECT_EQ(result.value("alive", json{}), true) << result;
}

TEST_F(HostileDevice, CannotPassAPortRuleWithOptionsOrExtensionHeaders) {
  const auto result = attack("headers");
  EXPECT_EQ(result.value("alive", json{}), true) << result;
}

TEST_F(HostileDevice, CannotPassAnythingWithSuperPackets) {
  auto arguments = laptop_addresses();
  arguments.push_back("5000");
  const auto result = attack("super_packets", arguments);
  EXPECT_EQ(result.value("served", false), true) << "a good one passes: " << result;
  EXPECT_EQ(result.value("alive", json{}), true) << result;
  EXPECT_EQ(result.value("closed", true), false) << "none of them ends the session: " << result;
}

TEST_F(HostileDevice, CannotPassOrStopAnythingWithMangledPackets) {
  const auto result = attack("mangled", {"100000"});
  EXPECT_EQ(result.value("closed", true), false) << result;
  EXPECT_EQ(result.value("alive", json{}), true) << result;
}

TEST_F(HostileDevice, CostsNoMemoryWithCapsulesThatPromiseMoreThanTheyHold) {
  const auto memory = [&] {
    const auto status = lab().run_at(
        Place::Gateway, {"grep", "VmRSS", "/proc/" + std::to_string(lab().pid_of("sallyport-gateway")) + "/status"});
    return std::stol(status.output.substr(status.output.find(':') + 1));
  };
  const auto send = [&](const std::string& scenario) {
    return lab().tool("hostile_device.py", {scenario}).last_line();
  };
  (void)send("long_datagram");
  const auto before = memory();
  const auto unknown = send("long_capsules");
  EXPECT_EQ(unknown.value("open_after_unknown", false), true) << "unknown types are skipped: " << unknown;
  const auto known = send("long_known_capsule");
  EXPECT_EQ(known.value("closed", false), true) << known;
  EXPECT_LT(known.value("seconds", 9.0), 0.5);
  const auto datagram = send("long_datagram");
  EXPECT_EQ(datagram.value("answered", false), true) << "a datagram too long is skipped: " << datagram;
  if (!kKeepsFreedMemory) {
    EXPECT_LT(memory() - before, 1024) << "KiB";
  }
}

TEST_F(HostileDevice, TakesFourPlacesForItsRefusalsAtMost) {
  ASSERT_TRUE(lab().ctl({"devices", "disable", "tool-1"}).ok());
  const auto ran = lab().tool("hostile_device.py", {"stand", "10"}, Seconds{60});
  EXPECT_EQ(ran.last_line().value("answers", 0), 4) << "of 256 that all devices share: " << ran.text();
  ASSERT_TRUE(lab().ctl({"devices", "enable", "tool-1"}).ok());
}

TEST_F(HostileDevice, LeavesARecordForEveryClassOfRefusal) {
  EXPECT_TRUE(lab().tool("hostile_device.py", {"forbidden_port"}).ok());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("flow.denied") > 0; }));
  for (const auto& record : lab().audit()) {
    ASSERT_TRUE(record.is_object()) << "a line that is not JSON";
    EXPECT_FALSE(record.value("time", "").empty()) << record;
    if (record.value("event", "") != "flow.denied") continue;
    for (const auto* key : {"user", "device", "session", "destination", "verdict", "reason", "reference"}) {
      EXPECT_TRUE(record.contains(key)) << key << " in " << record;
    }
  }
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.open") == lab().audit_count("session.close") + 1; }))
      << "the laptop's session alone is open: " << lab().audit_count("session.open") << " opened, "
      << lab().audit_count("session.close") << " closed";
}

}  // namespace
}  // namespace sallyport::lab
