#include "server/session/attestation.hpp"

#include "common/base/text.hpp"
#include "common/wire/control_json.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sallyport {
namespace {

using nlohmann::json;

/// Far above the facts there are; more are ignored.
constexpr std::size_t kMaxFacts = 64;

/// Spreads 64 bits (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

bool is_version_one(const json& object) {
  const auto version = object.find("v");
  return version != object.end() && *version == 1;
}

using Answers = std::map<std::string, bool, std::less<>>;

/// What stands under `key` about `names`; nullopt when that is no list of true and false.
template <class Names>
std::optional<Answers> answers_at(const json& object, const char* key, const Names& names) {
  Answers answers;
  const auto list = object.find(key);
  if (list == object.end()) return answers;
  if (!list->is_object() || list->size() > kMaxFacts) return std::nullopt;
  for (const auto& name : names) {
    const auto value = list->find(name);
    if (value == list->end()) continue;
    if (!value->is_boolean()) return std::nullopt;
    answers.emplace(name, value->template get<bool>());
  }
  return answers;
}

/// What this gateway does not know or did not ask for is left out: no rule can ask for it.
std::optional<PostureReport> posture_of(const json& object, const PostureWants& wants) {
  PostureReport report;
  const auto os = text_member(object, "os");
  const auto os_version = text_member(object, "os_version");
  const auto kernel = text_member(object, "kernel");
  if (!os || !os_version || !kernel) return std::nullopt;
  report.os = lower_ascii(*os);
  report.os_version = *os_version;
  report.kernel_version = *kernel;
  auto facts = answers_at(object, "facts", kPostureFacts);
  auto processes = answers_at(object, "processes", wants.processes);
  auto files = answers_at(object, "files", wants.files);
  if (!facts || !processes || !files) return std::nullopt;
  report.facts = std::move(*facts);
  report.processes = std::move(*processes);
  report.files = std::move(*files);
  return report;
}

/// Codes are not escaped: they are compared, never shown.
std::optional<ProofAttempt> proof_of(const json& object) {
  const auto text = [&object](const char* key) {
    const auto member = object.find(key);
    const auto* value = member == object.end() ? nullptr : member->get_ptr<const json::string_t*>();
    return value == nullptr ? std::string{} : *value;
  };
  ProofAttempt attempt{text("method"), text("code")};
  return is_well_formed(attempt) ? std::optional{std::move(attempt)} : std::nullopt;
}

}  // namespace

std::string_view name_of(AttestRefusal refusal) noexcept {
  switch (refusal) {
    case AttestRefusal::NotAsked:
      return "not_asked";
    case AttestRefusal::Late:
      return "late";
    case AttestRefusal::BadSignature:
      return "bad_signature";
    case AttestRefusal::BadBody:
      return "bad_body";
    case AttestRefusal::CannotSign:
      return "cannot_sign";
  }
  return "invalid";
}

void Attestation::keep_beat(std::optional<std::chrono::seconds> budget, TimePoint now) {
  due_ = asked_ == TimePoint::min() ? now : asked_ + beat(budget.value_or(kLongestBeat * 2));
}

/// Half of the budget, so that an answer that takes as long as a beat still comes in time.
Duration Attestation::beat(std::chrono::seconds budget) const {
  const auto half = std::min<Duration>(Duration{budget} / 2, kLongestBeat);
  const auto percent = static_cast<int>(mix(session_ ^ (beats_ << 32U)) % 10);
  return std::max<Duration>(half - half * percent / 100, kShortestBeat);
}

void Attestation::note_change(TimePoint now) noexcept {
  if (changed_) return;
  changed_ = std::max(now, changes_full_at_ - kChangeInterval * (kChangesAtOnce - 1));
  changes_full_at_ = std::max(changes_full_at_, *changed_) + kChangeInterval;
}

void Attestation::note_wants(const PostureWants& wants, TimePoint now) {
  if (asked_ == TimePoint::min() || asked_for_.covers(wants)) return;
  due_ = std::min(due_, std::max(asked_ + kShortestBeat, now));
}

void Attestation::challenge(const AttestNonce& nonce, PostureWants wants, TimePoint now, ByteBuffer& out) {
  asked_for_ = std::move(wants);
  open_ = Open{{nonce, session_, asked_for_}, now};
  asked_ = now;
  hurried_.reset();
  changed_.reset();
  ++beats_;
  append_attest_challenge(out, open_->challenge);
}

Result<Attested, AttestRefusal> Attestation::take(const AttestAnswer& answer, Now now) {
  if (!open_ || answer.nonce != open_->challenge.nonce) return fail(AttestRefusal::NotAsked);
  const Open asked = *open_;
  open_.reset();
  if (now.steady >= asked.expires()) return fail(AttestRefusal::Late);
  if (answer.cannot_sign) return fail(AttestRefusal::CannotSign);
  const auto message = attestation_message(binding_->channel, asked.challenge, answer.body);
  const auto algorithm = attestation_algorithm_of(binding_->key.kind());
  if (!binding_->key.verify(algorithm, message, answer.signature)) return fail(AttestRefusal::BadSignature);
  auto attested = parse_attest_body(answer.body, asked.challenge.wants);
  if (!attested) return fail(AttestRefusal::BadBody);
  attested->asked = now.wall - std::chrono::ceil<std::chrono::seconds>(now.steady - asked.asked);
  return std::move(*attested);
}

std::optional<Attested> parse_attest_body(std::string_view body, const PostureWants& wants) {
  const auto object = parse_control_json(as_bytes(body));
  if (!object || !is_version_one(*object)) return std::nullopt;
  Attested attested;
  if (const auto proof = object->find("proof"); proof != object->end()) {
    attested.proof = proof->is_object() ? proof_of(*proof) : std::nullopt;
    if (!attested.proof) return std::nullopt;
  }
  const auto posture = object->find("posture");
  if (posture == object->end()) return attested;
  if (!posture->is_object()) return std::nullopt;
  attested.posture = posture_of(*posture, wants);
  if (!attested.posture) return std::nullopt;
  return attested;
}

}  // namespace sallyport
