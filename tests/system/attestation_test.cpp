#include "tests/system/support/fixture.hpp"

#include <chrono>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A policy that asks for a key proved seconds ago, and clients that prove it again or never do.
class AttestedLab : public OwnLab {
 protected:
  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const auto policy = lab().read("etc/policy.d/10-lab.toml");
    lab().write("etc/policy.d/10-lab.toml",
                replaced(policy, "to  = [\"web\", \"ping\"]", "to  = [\"web\", \"ping\"]\nkey_age = \"6s\""));
    ASSERT_TRUE(lab().ctl({"reload"}).ok()) << lab().ctl({"reload"}).text();
  }
};

TEST_F(AttestedLab, TheClientKeepsItsAccessFarBeyondTheAgeThatTheHandshakeAloneWouldGive) {
  const auto end = steady_clock::now() + milliseconds{12'000};
  while (steady_clock::now() < end) {
    ASSERT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
    std::this_thread::sleep_for(milliseconds{300});
  }
  EXPECT_EQ(lab().audit_count("attestation.refused"), 0U);
  EXPECT_EQ(lab().audit_count("session.close"), 0U);
}

TEST_F(AttestedLab, AClientThatNeverProvesItsKeyAgainLosesWhatAsksForIt) {
  // A plain RFC 9484 client, before and after the age that its handshake counts for.
  const std::string ask = "import sys, time\nsys.path.insert(0, '" + Lab::source_root() +
                          "/tests/support')\nfrom plain_client import *\n"
                          "client = PlainClient(sys.argv[1], int(sys.argv[2]), *sys.argv[3:7])\nclient.open()\n"
                          "first = ping(client, '10.20.4.10')\ntime.sleep(7)\nsecond = ping(client, '10.20.4.10')\n"
                          "print(json.dumps({'first': first['answered'], 'second': second['answered']}))\n";
  const auto ran =
      lab().run_at(Place::Internet,
                   {"/usr/bin/python3", "-c", ask, lab().env("LAB_GATEWAY_HOST"), lab().env("LAB_GATEWAY_PORT"),
                    lab().env("LAB_GATEWAY_NAME"), lab().env("LAB_CA"), lab().env("LAB_CERT"), lab().env("LAB_KEY")},
                   Seconds{30});
  const auto said = ran.last_line();
  ASSERT_TRUE(said.is_object()) << ran.text();
  EXPECT_TRUE(said.value("first", false)) << ran.text();
  EXPECT_FALSE(said.value("second", true)) << ran.text();
}

}  // namespace
}  // namespace sallyport::lab
