#include "common/wire/proof.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <algorithm>

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Nullopt inside: absent. Outer nullopt: there, and no number that is not negative.
std::optional<std::optional<std::uint64_t>> number_member(const json& object, std::string_view key) {
  const auto member = object.find(key);
  if (member == object.end()) return std::optional<std::uint64_t>{};
  if (!member->is_number_unsigned()) return std::nullopt;
  return std::optional<std::uint64_t>{*member->get_ptr<const json::number_unsigned_t*>()};
}

Result<ProofMessage, CapsuleError> verdict_from(const json& object) {
  const auto verdict = text_member(object, "verdict");
  const auto words = text_member(object, "words");
  const auto until = text_member(object, "until");
  const auto tries_left = number_member(object, "tries_left");
  const auto seconds = number_member(object, "seconds");
  if (!verdict || verdict->empty() || !words || !until || !tries_left || !seconds) return fail(CapsuleError::BadMember);
  return ProofVerdict{*verdict, *words, parse_utc(*until), *tries_left, *seconds};
}

Result<ProofMessage, CapsuleError> waiting_from(const json& object) {
  const auto places = object.find("places");
  const auto left_off = number_member(object, "left_off");
  if (places == object.end() || !places->is_array() || !left_off) return fail(CapsuleError::BadMember);
  ProofWaiting waiting{{}, left_off->value_or(0)};
  for (const auto& place : *places) {
    const auto text = text_member({{"place", place}}, "place");
    if (!text || text->empty()) return fail(CapsuleError::BadMember);
    if (waiting.places.size() < kMaxProofPlaces) waiting.places.push_back(*text);
  }
  return waiting;
}

void append_json(ByteBuffer& out, const ordered_json& object) {
  append_capsule(out, CapsuleType::Proof, as_bytes(dump_control_json(object)));
}

}  // namespace

bool is_well_formed(const ProofAttempt& attempt) noexcept {
  const auto& [method, code] = attempt;
  if (method.empty() || method.size() > kMaxProofMethod || code.empty() || code.size() > kMaxProofCode) return false;
  return std::all_of(method.begin(), method.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
         std::all_of(code.begin(), code.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Result<ProofMessage, CapsuleError> parse_proof_message(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto kind = text_member(*object, "kind");
  if (!kind) return fail(CapsuleError::BadMember);
  if (*kind == "verdict") return verdict_from(*object);
  if (*kind == "waiting") return waiting_from(*object);
  return UnknownProofMessage{};
}

Result<bool, CapsuleError> parse_proof_request(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto want = text_member(*object, "want");
  if (!want) return fail(CapsuleError::BadMember);
  return *want == "challenge";
}

void append_proof_request(ByteBuffer& out) { append_json(out, {{"v", 1}, {"want", "challenge"}}); }

void append_proof_waiting(ByteBuffer& out, const ProofWaiting& waiting) {
  append_json(out, {{"v", 1}, {"kind", "waiting"}, {"places", waiting.places}, {"left_off", waiting.left_off}});
}

void append_proof_verdict(ByteBuffer& out, const ProofVerdict& verdict) {
  ordered_json object{{"v", 1}, {"kind", "verdict"}, {"verdict", verdict.verdict}, {"words", verdict.words}};
  if (verdict.until) object["until"] = format_utc(*verdict.until);
  if (verdict.tries_left) object["tries_left"] = *verdict.tries_left;
  if (verdict.seconds) object["seconds"] = *verdict.seconds;
  append_json(out, object);
}

std::string with_proof(std::string_view body, const ProofAttempt& attempt) {
  auto object = ordered_json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::string{body};
  object["proof"] = {{"method", attempt.method}, {"code", attempt.code}};
  return dump_control_json(object);
}

}  // namespace sallyport
