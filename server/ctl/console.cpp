#include "server/ctl/console.hpp"

#include "common/ipc/diagnostics_document.hpp"

#include <unistd.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::string to_document(const Json& json) { return json.dump(2, ' ', true, Json::error_handler_t::replace) + '\n'; }

bool is_closed_to_us(const std::string& error) {
  return ::geteuid() != 0 && error.find("Permission denied") != std::string::npos;
}

}  // namespace

void Console::say(std::string_view text) {
  if (!json_) out_ << text;
}

void Console::note(std::string_view text) {
  if (!json_) err_ << text;
}

void Console::data(std::string_view text) { out_ << text; }

void Console::document(Json document) {
  if (!json_) return;
  document.emplace("v", 1);
  document.emplace("ok", true);
  out_ << to_document(document);
}

void Console::line(const Json& document) {
  if (json_) out_ << document.dump(-1, ' ', true, Json::error_handler_t::replace) << '\n';
}

void Console::flush() {
  out_.flush();
  err_.flush();
}

CtlExit Console::fail(CtlExit code, const std::string& error, const std::string& advice) {
  auto hint = advice;
  if (code == CtlExit::Failed && is_closed_to_us(error)) {
    code = CtlExit::NotPermitted;
    was_not_permitted_ = true;
    if (hint.find("sudo") == std::string::npos) hint = "use sudo";
  }
  if (json_) {
    out_ << to_document({{"v", 1}, {"ok", false}, {"error", error}, {"hint", hint}});
    return code;
  }
  err_ << styled("sallyportctl: ", Style::Bad) << error << '\n';
  if (!hint.empty()) err_ << "  " << hint << '\n';
  return code;
}

CtlExit Console::fail(CtlExit code, const std::string& error, const Diagnostics& diagnostics) {
  if (json_) {
    out_ << to_document(
        {{"v", 1}, {"ok", false}, {"error", error}, {"hint", ""}, {"diagnostics", diagnostics_document(diagnostics)}});
    return code;
  }
  err_ << to_string(diagnostics) << styled("sallyportctl: ", Style::Bad) << error << '\n';
  return code;
}

}  // namespace sallyport
