#include "common/wire/posture_standing.hpp"

#include "common/base/text.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <optional>

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// A path of the admin's list and the word before it stay whole.
constexpr std::size_t kLongestText = 320;
/// Of the capsule, for what stands around the checks.
constexpr std::size_t kEnvelope = 64;

std::optional<std::string> text_of(const json& object, const char* key) {
  const auto member = object.find(key);
  const auto* text = member == object.end() ? nullptr : member->get_ptr<const json::string_t*>();
  return text != nullptr ? std::optional{escape_untrusted(*text, kLongestText)} : std::nullopt;
}

/// A word that this release does not know is no pass.
PostureState state_of(const json& object) {
  const auto word = text_of(object, "state");
  if (word == name_of(PostureState::Holds)) return PostureState::Holds;
  return word == name_of(PostureState::Fails) ? PostureState::Fails : PostureState::Unknown;
}

std::optional<StandingLine> line_of(const json& object) {
  if (!object.is_object()) return std::nullopt;
  auto key = text_of(object, "key");
  auto required = text_of(object, "required");
  auto actual = text_of(object, "actual");
  if (!key || !required || !actual) return std::nullopt;
  return StandingLine{std::move(*key), std::move(*required), std::move(*actual), state_of(object)};
}

std::optional<StandingCheck> check_of(const json& object) {
  if (!object.is_object()) return std::nullopt;
  auto name = text_of(object, "name");
  const auto lines = object.find("lines");
  if (!name || lines == object.end() || !lines->is_array() || lines->size() > kMaxStandingLines) return std::nullopt;
  const auto needed = object.find("needed");
  StandingCheck check{std::move(*name), state_of(object), needed == object.end() || *needed != false, {}};
  for (const auto& each : *lines) {
    auto line = line_of(each);
    if (!line) return std::nullopt;
    check.lines.push_back(std::move(*line));
  }
  return check;
}

ordered_json json_of(const StandingCheck& check) {
  auto lines = ordered_json::array();
  for (const auto& line : check.lines) {
    lines.push_back(ordered_json{
        {"key", line.key}, {"required", line.required}, {"actual", line.actual}, {"state", name_of(line.state)}});
  }
  return {{"name", check.name}, {"state", name_of(check.state)}, {"needed", check.needed}, {"lines", std::move(lines)}};
}

}  // namespace

std::string_view name_of(PostureState state) noexcept {
  switch (state) {
    case PostureState::Fails:
      return "fails";
    case PostureState::Holds:
      return "holds";
    case PostureState::Unknown:
      return "unknown";
  }
  return "unknown";
}

Result<PostureStanding, CapsuleError> parse_posture_standing(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto checks = object->find("checks");
  if (checks == object->end() || !checks->is_array() || checks->size() > kMaxStandingChecks)
    return fail(CapsuleError::BadMember);
  PostureStanding standing;
  for (const auto& each : *checks) {
    auto check = check_of(each);
    if (!check) return fail(CapsuleError::BadMember);
    standing.checks.push_back(std::move(*check));
  }
  const auto left_off = object->find("left_off");
  if (left_off == object->end()) return standing;
  if (!left_off->is_number_unsigned()) return fail(CapsuleError::BadMember);
  standing.left_off = left_off->get<std::size_t>();
  return standing;
}

void append_posture_standing(ByteBuffer& out, const PostureStanding& standing) {
  auto checks = ordered_json::array();
  std::size_t size = kEnvelope;
  for (const auto& check : standing.checks) {
    auto each = json_of(check);
    size += dump_control_json(each).size() + 1;
    if (size > kMaxJsonSize || checks.size() == kMaxStandingChecks || check.lines.size() > kMaxStandingLines) break;
    checks.push_back(std::move(each));
  }
  const auto left_off = standing.left_off + standing.checks.size() - checks.size();
  ordered_json object{{"v", 1}, {"checks", std::move(checks)}};
  if (left_off != 0) object["left_off"] = left_off;
  append_capsule(out, CapsuleType::Posture, as_bytes(dump_control_json(object)));
}

}  // namespace sallyport
