#pragma once

#include "server/audit/audit_log.hpp"
#include "server/audit/kept_head.hpp"
#include "server/audit/line_file.hpp"
#include "server/audit/verifier.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sallyport {

inline const WallTime kAuditStart = parse_utc("2026-11-27T10:00:00Z").value();

inline AuditRecord audit_record(std::string event, const std::string& reason = {}) {
  AuditRecord record;
  record.time = kAuditStart;
  record.event = std::move(event);
  record.user = "ana@example.com";
  record.reason = reason;
  return record;
}

/// An audit file in a directory of its own.
class AuditTest : public testing::Test {
 protected:
  std::unique_ptr<AuditLog> open(AuditLimits limits = {}) {
    auto log = AuditLog::open(places_, limits, kAuditStart);
    EXPECT_TRUE(log.has_value()) << (log ? "" : to_string(log.error()));
    return log ? std::move(*log) : nullptr;
  }
  /// As a gateway does it: `records` of them, a head in every second.
  void write(int records, AuditLimits limits = {}) {
    const auto log = open(limits);
    for (int i = 0; i < records; ++i) {
      ASSERT_TRUE(log->append(audit_record("session.open", std::to_string(i))).has_value());
      if (i % 5 == 4) {
        ASSERT_TRUE(log->sign(kAuditStart + std::chrono::seconds{i}).has_value());
      }
    }
    ASSERT_TRUE(log->settle(kAuditStart + std::chrono::seconds{records}).has_value());
  }

  [[nodiscard]] AuditKeys keys() const {
    AuditKeys keys;
    EXPECT_TRUE(keys.add(PrivateKey::load(places_.key).value().public_key()).has_value());
    return keys;
  }
  [[nodiscard]] KnownHead head_on_record() const {
    return read_known_head(read_kept_head(places_.head).value().line, keys()).value();
  }
  /// Of all files, with the key and the head on record.
  [[nodiscard]] AuditVerdict verify() const {
    AuditVerifier verifier{{.keys = keys(), .heads = {head_on_record()}}};
    auto files = open_audit_files(places_.file);
    EXPECT_TRUE(files.has_value());
    for (auto& file : *files) {
      verifier.begin_file(file.path());
      EXPECT_TRUE(file.read([&](const FileLine& line) { verifier.take(line); }).has_value());
      file.show_half([&](const FileLine& line) { verifier.take(line); });
    }
    return verifier.finish();
  }
  void expect_intact() const {
    const auto verdict = verify();
    EXPECT_FALSE(verdict.fault.has_value())
        << verdict.fault->file << ':' << verdict.fault->line << ": " << verdict.fault->words;
  }

  [[nodiscard]] static std::string content(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  static void overwrite(const std::string& path, const std::string& text) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
  }
  /// The records of the file that is written, as JSON.
  [[nodiscard]] std::vector<nlohmann::json> records() const { return records_in(places_.file); }
  [[nodiscard]] static std::vector<nlohmann::json> records_in(const std::string& path) {
    std::vector<nlohmann::json> all;
    std::istringstream text{content(path)};
    for (std::string line; std::getline(text, line);) all.push_back(nlohmann::json::parse(line, nullptr, false));
    return all;
  }
  [[nodiscard]] std::vector<nlohmann::json> records_of(const std::string& event) const {
    std::vector<nlohmann::json> found;
    for (auto& record : records()) {
      if (record.value("event", "") == event) found.push_back(record);
    }
    return found;
  }

  TemporaryDirectory directory_;
  AuditPlaces places_ = audit_places(directory_.file("audit.jsonl"), directory_.path());
};

}  // namespace sallyport
