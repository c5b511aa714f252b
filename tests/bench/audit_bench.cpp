// What a record costs the thread that writes it, and how long the disk takes. Run by hand:
//
//   audit_bench DIRECTORY [RECORDS]     prints one line of JSON; microseconds

#include "server/audit/audit_log.hpp"
#include "server/audit/verifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <vector>

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

AuditRecord typical(std::size_t number) {
  AuditRecord record;
  record.time = WallTime{std::chrono::seconds{1795774261 + number}};
  record.event = "flow.denied";
  record.user = "ana@example.com";
  record.device = "ana-laptop";
  record.serial = "5f0e8d2b6a1c4f7e9d3b2a1c0f8e7d6c";
  record.session = SessionId{1795774261};
  record.source = "198.51.100.2";
  record.address = "10.99.0.7";
  record.destination = "10.20.4.10:2222/tcp";
  record.verdict = "deny";
  record.policy = "324f5c63d10b4e93";
  record.reason = "no_rule";
  record.reference = "S48J-65VX";
  record.evidence =
      AuditEvidence{.key_age = std::chrono::seconds{3}, .certificate_left = std::chrono::seconds{7775988}};
  return record;
}

struct Spread {
  double median = 0;
  double p99 = 0;
  double most = 0;
};

Spread time_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    work(i);
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[times.size() * 99 / 100], times.back()};
}

std::string json(const Spread& spread) {
  return fmt::format("{{\"median\":{:.1f},\"p99\":{:.1f},\"max\":{:.1f}}}", spread.median, spread.p99, spread.most);
}

double verify_seconds(const AuditPlaces& places) {
  AuditKeys keys;
  if (!keys.add(PrivateKey::load(places.key).value().public_key())) std::abort();
  const auto begin = Clock::now();
  AuditVerifier verifier{{.keys = keys}};
  auto files = open_audit_files(places.file);
  for (auto& file : *files) {
    verifier.begin_file(file.path());
    if (!file.read([&](const FileLine& line) { verifier.take(line); })) std::abort();
  }
  if (verifier.finish().fault) std::abort();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void must(const Result<void, FileError>& done) {
  if (done) return;
  fmt::print(stderr, "audit_bench: {}\n", to_string(done.error()));
  std::exit(1);
}

int run(const std::string& directory, std::size_t records) {
  const auto places = audit_places(directory + "/audit.jsonl", directory);
  const auto now = typical(0).time;
  auto log = AuditLog::open(places, {}, now);
  if (!log) must(fail(log.error()));
  must((*log)->check(now));
  const auto append = time_each(records, [&](std::size_t i) { must((*log)->append(typical(i))); });
  const auto sign = time_each(100, [&](std::size_t i) {
    must((*log)->append(typical(i)));
    must((*log)->sign(now));
  });
  const auto synced = time_each(100, [&](std::size_t i) {
    must((*log)->append(typical(i)));
    must((*log)->flush());
  });
  const auto settled = time_each(100, [&](std::size_t i) {
    must((*log)->append(typical(i)));
    must((*log)->settle(now));
  });
  const auto size = std::filesystem::file_size(places.file);
  const auto verify = verify_seconds(places);
  fmt::print(
      "{{\"records\":{},\"octets\":{},\"append\":{},\"append_and_sign\":{},\"append_and_sync\":{},"
      "\"append_sign_sync_and_head\":{},\"verify_mb_per_s\":{:.0f}}}\n",
      records, size, json(append), json(sign), json(synced), json(settled), static_cast<double>(size) / 1e6 / verify);
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: audit_bench DIRECTORY [RECORDS]   an empty directory on the disk to measure\n", stderr);
    return 2;
  }
  return sallyport::run(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000);
}
