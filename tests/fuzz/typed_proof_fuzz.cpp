// What a person types to prove to be there, judged by every method. The first octet is the time, in steps of the code;
// the others are what was typed, once as it is and once behind the method's name. Only a code of the right step or a
// recovery code is ever accepted, once, and what is refused spends nothing.

#include "server/proof/judge_proof.hpp"
#include "server/proof/recovery_code.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr TotpStep kUsed = 60'000'000;

ProofRecord record() {
  ProofRecord record;
  record.user = UserId{"ana@example.com"};
  record.totp = TotpRecord{ByteBuffer(kTotpSecretSize, std::byte{'k'}), kUsed};
  for (unsigned i = 0; i < 3; ++i) {
    const auto code = recovery_code_from(ByteBuffer(kRecoveryCodeSize, static_cast<std::byte>(i)));
    record.recovery.push_back(*recovery_digest(record.user, code));
  }
  return record;
}

bool is_right(const std::string& typed, TotpStep now) {
  for (TotpStep step = std::max(now - 1, kUsed + 1); step <= now + 1; ++step) {
    if (typed == hotp(ByteBuffer(kTotpSecretSize, std::byte{'k'}), static_cast<std::uint64_t>(step)).value())
      return true;
  }
  std::string code;
  for (const char c : typed) {
    if (c != '-') code += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (unsigned i = 0; i < 3; ++i) {
    auto known = recovery_code_from(ByteBuffer(kRecoveryCodeSize, static_cast<std::byte>(i)));
    std::erase(known, '-');
    if (code == known) return true;
  }
  return false;
}

void check(const ProofAttempt& attempt, TotpStep step) {
  static const auto methods = embedded_proof_methods();
  const auto before = record();
  const WallTime now{step * kTotpPeriod};
  const auto judged = judge_proof(methods, attempt, before, now);
  if (judged.outcome.result != ProofResult::Accepted) {
    require(judged.record.totp == before.totp && judged.record.recovery == before.recovery);
    return;
  }
  require(is_right(attempt.code, step));
  require(judged.record.totp != before.totp || judged.record.recovery.size() + 1 == before.recovery.size());
  require(judge_proof(methods, attempt, judged.record, now).outcome.result != ProofResult::Accepted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string typed{reinterpret_cast<const char*>(data + 1), size - 1};
  const auto step = kUsed + data[0] % 8 - 2;
  for (const char* method : {"totp", "recovery", "oidc"}) check({method, typed}, step);
  const auto space = typed.find(' ');
  if (space != std::string::npos) check({typed.substr(0, space), typed.substr(space + 1)}, step);
  return 0;
}
