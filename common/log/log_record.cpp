#include "common/log/log_record.hpp"

#include "common/base/text.hpp"
#include "common/base/time.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

nlohmann::ordered_json to_json(const LogField::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return to_text(value);
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Notice:
      return "notice";
    case Level::Warning:
      return "warning";
    case Level::Error:
      return "error";
  }
  return "invalid Level";
}

std::string to_text(const LogField::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return escape_untrusted(std::get<std::string_view>(value), kMaxLogValue);
}

std::string format_utc_milliseconds(std::chrono::sys_time<std::chrono::milliseconds> time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  auto text = format_utc(second);
  text.pop_back();
  return fmt::format("{}.{:03}Z", text, (time - second).count());
}

std::string to_json_line(const LogRecord& record) {
  nlohmann::ordered_json line{{"time", format_utc_milliseconds(record.time)},
                              {"level", to_string(record.level)},
                              {"event", escape_untrusted(record.event, kMaxLogValue)},
                              {"message", escape_untrusted(record.words, kMaxLogWords)}};
  // emplace keeps the first of two equal names: no field replaces one of the four above.
  for (const auto& field : record.fields) line.emplace(std::string{field.name}, to_json(field.value));
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string to_terminal_line(const LogRecord& record) {
  auto line = fmt::format("{}: {}", to_string(record.level), escape_untrusted(record.words, kMaxLogWords));
  std::string facts;
  for (const auto& field : record.fields) {
    facts += fmt::format("{}{}={}", facts.empty() ? "" : ", ", field.name, to_text(field.value));
  }
  if (!facts.empty()) line += " (" + facts + ')';
  return line + '\n';
}

}  // namespace sallyport
