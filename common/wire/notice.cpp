#include "common/wire/notice.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::chrono::seconds kMostLeft{UINT32_MAX};

/// Nullopt: it is no whole number up to `most`, or it is missing and nothing stands for it.
std::optional<std::chrono::seconds> seconds_from(const json& object, const char* key,
                                                 std::optional<std::chrono::seconds> absent,
                                                 std::chrono::seconds most) {
  const auto member = object.find(key);
  if (member == object.end()) return absent;
  if (!member->is_number_unsigned() || member->get<std::uint64_t>() > static_cast<std::uint64_t>(most.count()))
    return std::nullopt;
  return std::chrono::seconds{member->get<std::uint64_t>()};
}

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
  const auto within = seconds_from(object, "return_within", std::chrono::seconds{0}, kLongestReturn);
  if (!reason || !words || !within) return fail(CapsuleError::BadMember);
  return EndingNotice{*reason, *words, *within};
}

Result<GatewayNotice, CapsuleError> move_from(const json& object) {
  const auto reason = text_member(object, "reason");
  const auto words = text_member(object, "words");
  const auto left = seconds_from(object, "left", std::nullopt, kMostLeft);
  if (!reason || !words || !left) return fail(CapsuleError::BadMember);
  return MoveNotice{*reason, *words, *left};
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
  if (*kind == "move") return move_from(*object);
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
  ordered_json object{{"v", 1}, {"kind", "ending"}, {"reason", notice.reason}, {"words", notice.words}};
  if (notice.return_within.count() > 0) object["return_within"] = notice.return_within.count();
  append_json(out, object);
}

void append_notice(ByteBuffer& out, const MoveNotice& notice) {
  append_json(
      out,
      {{"v", 1}, {"kind", "move"}, {"reason", notice.reason}, {"left", notice.left.count()}, {"words", notice.words}});
}

}  // namespace sallyport
