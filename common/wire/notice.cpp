#include "common/wire/notice.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

Result<GatewayNotice, CapsuleError> denied_from(const json& object) {
  const auto to = text_member(object, "to");
  const auto reason = text_member(object, "reason");
  const auto words = text_member(object, "words");
  const auto code = text_member(object, "code");
  if (!to || !reason || !words || !code) return fail(CapsuleError::BadMember);
  return DeniedNotice{*to, *reason, *words, *code};
}

Result<GatewayNotice, CapsuleError> ending_from(const json& object) {
  const auto reason = text_member(object, "reason");
  const auto words = text_member(object, "words");
  if (!reason || !words) return fail(CapsuleError::BadMember);
  return EndingNotice{*reason, *words};
}

void append_json(ByteBuffer& out, const ordered_json& object) {
  append_capsule(out, CapsuleType::Notice, as_bytes(dump_control_json(object)));
}

}  // namespace

Result<GatewayNotice, CapsuleError> parse_notice(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto kind = text_member(*object, "kind");
  if (!kind) return fail(CapsuleError::BadMember);
  if (*kind == "denied") return denied_from(*object);
  if (*kind == "ending") return ending_from(*object);
  return UnknownNotice{};
}

void append_notice(ByteBuffer& out, const DeniedNotice& notice) {
  append_json(out, {{"v", 1},
                    {"kind", "denied"},
                    {"to", notice.to},
                    {"reason", notice.reason},
                    {"words", notice.words},
                    {"code", notice.code}});
}

void append_notice(ByteBuffer& out, const EndingNotice& notice) {
  append_json(out, {{"v", 1}, {"kind", "ending"}, {"reason", notice.reason}, {"words", notice.words}});
}

}  // namespace sallyport
