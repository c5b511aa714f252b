#include "server/metrics/metric.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

const std::string kPage = "# HELP sallyport_up Up.\n# TYPE sallyport_up gauge\nsallyport_up 1\n";

Json answer() { return {{"v", 1}, {"ok", true}, {"content_type", "text/plain"}, {"page", kPage}}; }

TEST_F(CtlTest, PrintsThePageOfMetricsAndNothingElse) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return answer(); }};
  const auto run = ctl({"metrics"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_EQ(run.out, kPage);
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(gateway.requests().front().at("do"), "metrics");
  EXPECT_EQ(document({"metrics"}).at("page"), kPage);
}

TEST_F(CtlTest, ReplacesATextFileOfMetricsInOneStepAndLetsAllReadIt) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return answer(); }};
  write("sallyport.prom", "sallyport_up 1\nsallyport_old 1\n");
  const auto run = ctl({"metrics", "--output", path("sallyport.prom")});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(content("sallyport.prom"), kPage);
  EXPECT_EQ(mode("sallyport.prom"), 0644U);
  EXPECT_EQ(ctl({"metrics", "--output", path("no/such/directory.prom")}).code, CtlExit::Failed);
}

TEST_F(CtlTest, LeavesNoFigureOfBeforeWhereNoGatewayAnswers) {
  write("sallyport.prom", kPage);
  const auto run = ctl({"metrics", "--output", path("sallyport.prom")});
  EXPECT_EQ(run.code, CtlExit::NotRunning);
  EXPECT_NE(run.err.find("no gateway is running"), std::string::npos) << run.err;
  EXPECT_NE(content("sallyport.prom").find("\nsallyport_up 0\n"), std::string::npos) << content("sallyport.prom");
  EXPECT_EQ(ctl({"metrics"}).code, CtlExit::NotRunning);
}

TEST_F(CtlTest, SaysWhatMetricsThereAreWithoutAGateway) {
  const auto run = ctl({"metrics", "--reference"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  for (const auto& each : metrics::kAll)
    EXPECT_NE(run.out.find("| `" + std::string{each.name} + "` | "), std::string::npos) << each.name;
  EXPECT_NE(ctl({"metrics", "--help"}).out.find("version=0.0.4"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
