#include "common/wire/why.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <optional>

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::optional<std::uint64_t> id_member(const json& object) {
  const auto member = object.find("id");
  if (member == object.end() || !member->is_number_unsigned()) return std::nullopt;
  const auto id = *member->get_ptr<const json::number_unsigned_t*>();
  return id <= kMaxWhyId ? std::optional<std::uint64_t>{id} : std::nullopt;
}

void append_json(ByteBuffer& out, const ordered_json& object) {
  append_capsule(out, CapsuleType::Why, as_bytes(dump_control_json(object)));
}

}  // namespace

Result<WhyRequest, CapsuleError> parse_why_request(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto id = id_member(*object);
  const auto to = text_member(*object, "to");
  if (!id || !to || to->empty()) return fail(CapsuleError::BadMember);
  return WhyRequest{*id, *to};
}

Result<WhyAnswer, CapsuleError> parse_why_answer(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto id = id_member(*object);
  const auto verdict = text_member(*object, "verdict");
  const auto reason = text_member(*object, "reason");
  const auto words = text_member(*object, "words");
  const auto code = text_member(*object, "code");
  if (!id || !verdict || !reason || !words || !code) return fail(CapsuleError::BadMember);
  if (*verdict != "allow" && *verdict != "deny") return fail(CapsuleError::BadMember);
  return WhyAnswer{*id, *verdict, *reason, *words, *code};
}

void append_why_request(ByteBuffer& out, const WhyRequest& request) {
  append_json(out, {{"v", 1}, {"id", request.id}, {"to", request.to}});
}

void append_why_answer(ByteBuffer& out, const WhyAnswer& answer) {
  ordered_json object{
      {"v", 1}, {"id", answer.id}, {"verdict", answer.verdict}, {"reason", answer.reason}, {"words", answer.words}};
  if (!answer.code.empty()) object["code"] = answer.code;
  append_json(out, object);
}

}  // namespace sallyport
