// Reads a record of policy versions from any bytes: as they are, and as lines under a right sum, which no fuzzer would
// find. What is taken is exactly what would be written, and stays sound through everything that can happen to it.

#include "server/history/policy_choice.hpp"
#include "server/history/policy_record.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport;

void require(bool condition) {
  if (!condition) std::abort();
}

void require_written_the_same(const PolicyRecord& record, std::string_view text) {
  const auto again = record.to_text();
  require(again && *again == text);
}

void require_sound(const PolicyRecord& record) {
  const auto text = record.to_text();
  require(text.has_value());
  const auto again = PolicyRecord::parse(*text);
  require(again && *again == record);
}

PolicyVersion found_in_directory() {
  PolicyVersion found;
  found.time = WallTime{std::chrono::hours{500'000}};
  found.hash = "00";
  found.digest = PolicyDigest{std::string(64, 'f')};
  found.how = Activation::Apply;
  found.by = "root";
  return found;
}

void live_on(const PolicyRecord& record) {
  // One more version than there are numbers for is refused when it is to be written.
  if (record.running() != nullptr && record.running()->number == VersionNumber{0xffffffffU}) return;
  const auto found = found_in_directory();
  for (const auto& source : {choose_at_start(record, found.digest), choose_at_reload(record, found.digest)}) {
    require(!source.version || record.find(*source.version) != nullptr);
  }
  PolicyRecord taken = record;
  taken.take(found);
  require(taken.is_running(found.digest) && taken.held().empty() && !taken.pending());
  require_sound(taken);
  if (const auto target = record.rollback_target()) {
    PolicyRecord back = record;
    back.restore(*target, Activation::Rollback, "00", "root", found.time);
    require(back.is_held(record.running()->digest) && !back.is_running(record.running()->digest));
    require_sound(back);
  }
  if (record.running() == nullptr || record.is_running(found.digest)) return;
  PolicyRecord trial = record;
  trial.try_out(found, found.time);
  require_sound(trial);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (const auto record = PolicyRecord::parse(input)) {
    require_written_the_same(*record, input);
    live_on(*record);
  }
  const std::string body = "sallyport-policy-record 1\n" + std::string{input};
  const std::string sealed = body + "sum " + digest_of(body)->text() + '\n';
  if (const auto record = PolicyRecord::parse(sealed)) {
    require_written_the_same(*record, sealed);
    live_on(*record);
  }
  return 0;
}
