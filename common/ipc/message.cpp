#include "common/ipc/message.hpp"

namespace sallyport {

std::string_view describe(MessageError error) noexcept {
  switch (error) {
    case MessageError::TooLong:
      return "the message is longer than allowed";
    case MessageError::TooDeep:
      return "the message is nested too deeply";
    case MessageError::NotJson:
      return "the message is not valid JSON";
    case MessageError::NotAnObject:
      return "the message is not a JSON object";
  }
  return "invalid MessageError";
}

Result<nlohmann::json, MessageError> parse_message(std::string_view line) {
  using Json = nlohmann::json;
  bool too_deep = false;
  // Discarding a value that opens too deep keeps its children from being built at all.
  const auto keep = [&too_deep](int depth, Json::parse_event_t event, Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxMessageDepth) too_deep = true;
    return !too_deep;
  };
  auto message = Json::parse(line.begin(), line.end(), keep, false);
  if (too_deep) return fail(MessageError::TooDeep);
  if (message.is_discarded()) return fail(MessageError::NotJson);
  if (!message.is_object()) return fail(MessageError::NotAnObject);
  return message;
}

std::string to_line(const nlohmann::json& message) {
  return message.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + '\n';
}

std::optional<std::string> text_at(const nlohmann::json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

void MessageReader::feed(Bytes bytes) { buffer_.append(as_text(bytes)); }

Result<std::optional<nlohmann::json>, MessageError> MessageReader::next() {
  const auto end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    if (buffer_.size() > limit_) return fail(MessageError::TooLong);
    return std::nullopt;
  }
  if (end > limit_) return fail(MessageError::TooLong);
  auto message = parse_message(std::string_view{buffer_}.substr(0, end));
  if (!message) return fail(message.error());
  buffer_.erase(0, end + 1);
  searched_ = 0;
  return std::optional{std::move(*message)};
}

}  // namespace sallyport
