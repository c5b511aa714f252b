#include "server/gateway/metrics_page.hpp"

#include "server/metrics/metric.hpp"
#include "server/metrics/scrape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

const WallTime kNow{std::chrono::seconds{1'800'000'000}};

/// A gateway with two workers, our own authority and a foreign one.
MetricsFigures figures() {
  MetricsFigures made;
  made.version = "0.1.0";
  made.started = kNow;
  WorkerView worker{.number = WorkerNumber{0}, .inside = {.read = 9}, .totals = {}, .online = 2, .verifying = 1};
  worker.totals.traffic = {.packets_in = 3, .bytes_in = 300, .packets_out = 4, .bytes_out = 400};
  worker.totals.filter.drops[static_cast<std::size_t>(DropReason::Forbidden)] = 5;
  made.workers.push_back(worker);
  worker.number = WorkerNumber{1};
  made.workers.push_back(worker);
  made.sessions.ended[static_cast<std::size_t>(EndReason::DeviceRevoked)] = 6;
  made.policy.hash = "4f2a";
  made.authorities.push_back({.authority = "own",
                              .key_id = "00112233aabbccdd",
                              .not_after = kNow + std::chrono::days{30},
                              .list = AuthorityFigures::List{kNow, kNow + std::chrono::days{1}, 7, 2}});
  made.authorities.push_back(
      {.authority = "corp", .key_id = "ffeeddccbbaa9988", .not_after = kNow, .is_refused = true});
  made.sources.push_back({.authority = "corp", .good = 1, .bad = 1, .fetched = 3});
  const auto device = static_cast<std::size_t>(EndingKind::Device);
  made.forecast[device].endings = {0, 1, 2, 3};
  made.forecast[device].first = kNow + std::chrono::hours{20};
  CutLatencies cuts;
  cuts.add({CutCause::Revoke, milliseconds{2}, milliseconds{1}});
  cuts.add({CutCause::Revoke, milliseconds{40}, milliseconds{30}});
  made.cuts[static_cast<std::size_t>(CutCause::Revoke)] = cuts.totals(CutCause::Revoke);
  const GatewayTally tally;
  made.tally.handshakes_refused = tally.handshakes_refused.entries();
  made.tally.certificates_refused = tally.certificates_refused.entries();
  return made;
}

std::string page() { return metrics_page(figures(), {{"served", 8}, {"other", 0}}); }

/// Samples of a page: text before the value, and the value.
std::map<std::string, std::string> samples_of(const std::string& page) {
  std::map<std::string, std::string> samples;
  std::istringstream lines{page};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, space), line.substr(space + 1)).second) << "twice: " << line;
  }
  return samples;
}

TEST(MetricsPage, HasEveryMetricOnceAndInOrderAndNoOther) {
  std::vector<std::string> families;
  std::istringstream lines{page()};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) families.push_back(line.substr(7, line.rfind(' ') - 7));
  }
  std::vector<std::string> known;
  for (const auto& each : metrics::kAll) known.emplace_back(each.name);
  EXPECT_EQ(families, known);
}

TEST(MetricsPage, GivesEachMetricTheLabelsThatItIsSaidToHave) {
  std::map<std::string_view, const Metric*> known;
  for (const auto& each : metrics::kAll) known.emplace(each.name, &each);
  for (const auto& [sample, value] : samples_of(page())) {
    auto name = sample.substr(0, sample.find('{'));
    std::string labels;
    for (std::size_t at = sample.find('{'); at < sample.size(); at = sample.find("\",", at + 1)) {
      const auto begin = at + (sample[at] == '{' ? 1U : 2U);
      const auto label = sample.substr(begin, sample.find('=', begin) - begin);
      if (label != "le") labels.append(labels.empty() ? "" : ",").append(label);
    }
    for (const auto* suffix : {"_bucket", "_sum", "_count"}) {
      const auto cut = name.rfind(suffix);
      if (cut != std::string::npos && known.contains(name.substr(0, cut))) name.resize(cut);
    }
    ASSERT_TRUE(known.contains(name)) << sample;
    EXPECT_EQ(known.at(name)->labels, labels) << sample;
  }
}

TEST(MetricsPage, HasEveryReasonAlsoWhereNothingHappened) {
  const auto samples = samples_of(page());
  for (std::size_t i = 0; i < kEndReasonCount; ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_EQ(samples.at("sallyport_sessions_ended_total{reason=\"" + std::string{name_of(reason)} + "\"}"),
              reason == EndReason::DeviceRevoked ? "6" : "0");
  }
  for (std::size_t i = 0; i < kAdmissionRefusals; ++i) {
    const std::string reason{name_of(static_cast<AdmissionRefusal>(i))};
    EXPECT_EQ(samples.at("sallyport_sessions_refused_total{reason=\"" + reason + "\"}"), "0");
  }
  for (std::size_t i = 1; i < kDropReasons; ++i) {
    const std::string reason{name_of(static_cast<DropReason>(i))};
    EXPECT_TRUE(samples.contains("sallyport_packets_dropped_total{reason=\"" + reason + "\"}"));
  }
  EXPECT_FALSE(samples.contains("sallyport_packets_dropped_total{reason=\"none\"}")) << "those passed";
  EXPECT_EQ(samples.at("sallyport_handshakes_refused_total{reason=\"revoked\"}"), "0");
  EXPECT_EQ(samples.at("sallyport_certificates_refused_total{reason=\"token_expired\"}"), "0");
  EXPECT_EQ(samples.at("sallyport_policy_changes_refused_total{reason=\"bad_policy\"}"), "0");
}

TEST(MetricsPage, AddsUpWhatWorkersCount) {
  const auto samples = samples_of(page());
  EXPECT_EQ(samples.at("sallyport_sessions{state=\"online\"}"), "4");
  EXPECT_EQ(samples.at("sallyport_sessions{state=\"verifying\"}"), "2");
  EXPECT_EQ(samples.at("sallyport_packets_dropped_total{reason=\"forbidden\"}"), "10");
  EXPECT_EQ(samples.at("sallyport_tunnel_bytes_total{worker=\"1\",direction=\"out\"}"), "400");
  EXPECT_EQ(samples.at("sallyport_worker_office_packets_total{worker=\"0\",step=\"read\"}"), "9");
  EXPECT_EQ(samples.at("sallyport_metrics_requests_total{result=\"served\"}"), "8");
}

TEST(MetricsPage, TellsTrustInUnixTimeByAuthorityAndKey) {
  const auto samples = samples_of(page());
  EXPECT_EQ(samples.at("sallyport_crl_next_update_seconds{authority=\"own\",key_id=\"00112233aabbccdd\"}"),
            "1800086400");
  EXPECT_EQ(samples.at("sallyport_crl_number{authority=\"own\",key_id=\"00112233aabbccdd\"}"), "7");
  EXPECT_FALSE(samples.contains("sallyport_crl_number{authority=\"corp\",key_id=\"ffeeddccbbaa9988\"}")) << "no list";
  EXPECT_EQ(samples.at("sallyport_authority_refused{authority=\"corp\",key_id=\"ffeeddccbbaa9988\"}"), "1");
  EXPECT_EQ(samples.at("sallyport_crl_sources{authority=\"corp\",state=\"bad\"}"), "1");
  EXPECT_EQ(samples.at("sallyport_forecast_endings{kind=\"device\",within=\"7d\"}"), "2");
  EXPECT_EQ(samples.at("sallyport_forecast_first_end_seconds{kind=\"device\"}"), "1800072000");
  EXPECT_FALSE(samples.contains("sallyport_forecast_first_end_seconds{kind=\"gateway\"}")) << "none ends";
}

TEST(MetricsPage, HasCutsAsHistogramsInSeconds) {
  const auto samples = samples_of(page());
  const auto bucket = [&](const std::string& name, const std::string& le) {
    return samples.at("sallyport_cut_" + name + "_seconds_bucket{cause=\"revoke\",le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket("last_packet", "0.001"), "1");
  EXPECT_EQ(bucket("last_packet", "0.03"), "2");
  EXPECT_EQ(bucket("effect", "0.003"), "1");
  EXPECT_EQ(bucket("effect", "0.03"), "1");
  EXPECT_EQ(bucket("effect", "+Inf"), "2");
  EXPECT_EQ(samples.at("sallyport_cut_effect_seconds_count{cause=\"revoke\"}"), "2");
  EXPECT_EQ(samples.at("sallyport_cut_effect_seconds_sum{cause=\"revoke\"}"), "0.042");
  EXPECT_EQ(samples.at("sallyport_cut_effect_seconds_count{cause=\"posture\"}"), "0");
}

TEST(MetricsPage, HasABoundedNumberOfSamples) {
  auto many = figures();
  for (unsigned i = 2; i < kMaxWorkers; ++i) {
    many.workers.push_back(many.workers.front());
    many.workers.back().number = static_cast<WorkerNumber>(i);
  }
  const auto samples = samples_of(metrics_page(many, {}));
  EXPECT_LT(samples.size(), 1000U) << "whatever sessions, devices and people there are";
  EXPECT_GT(samples.size(), 400U);
}

}  // namespace
}  // namespace sallyport
