#include "common/wire/control_json.hpp"

#include "common/base/text.hpp"

namespace sallyport {

std::optional<nlohmann::json> parse_control_json(Bytes text) {
  if (text.size() > kMaxJsonSize) return std::nullopt;
  bool too_deep = false;
  using Event = nlohmann::json::parse_event_t;
  const auto keep_shallow = [&](int depth, Event event, nlohmann::json&) {
    // `depth` counts the objects and arrays around the one that starts.
    too_deep |= (event == Event::object_start || event == Event::array_start) && depth >= kMaxJsonDepth;
    return !too_deep;
  };
  auto object = nlohmann::json::parse(as_text(text), keep_shallow, /*allow_exceptions=*/false);
  if (too_deep || !object.is_object()) return std::nullopt;
  return object;
}

std::string dump_control_json(const nlohmann::ordered_json& object) {
  return object.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
}

std::optional<std::string> text_member(const nlohmann::json& object, std::string_view key) {
  const auto member = object.find(key);
  if (member == object.end()) return std::string{};
  const auto* text = member->get_ptr<const std::string*>();
  if (text == nullptr) return std::nullopt;
  return escape_untrusted(*text);
}

}  // namespace sallyport
