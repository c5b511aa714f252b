#include "client/cli/output.hpp"

#include "client/cli/exit_code.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sallyport {

using nlohmann::json;

WallTime wall_clock() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

Style output_style() {
  // Here, not at the start: it reads files, and nothing else depends on it.
  (void)std::setlocale(LC_CTYPE, "");
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') && !dumb;
  return {colour, std::string_view{::nl_langinfo(CODESET)} == "UTF-8"};
}

int show(const Arguments& arguments, const json& answer, const std::function<std::string()>& render) {
  const bool ok = answer.value("ok", json{}) == true;
  if (arguments.json_output)
    fmt::print("{}\n", answer.dump(2, ' ', true, json::error_handler_t::replace));
  else if (ok)
    fmt::print("{}", render());
  else
    fmt::print(stderr, "{}", render_error(answer));
  return written(static_cast<int>(exit_code_of(answer)));
}

int written(int code) {
  const bool is_flushed = std::fflush(stdout) == 0;
  if ((is_flushed && std::ferror(stdout) == 0) || (!is_flushed && errno == EPIPE)) return code;
  fmt::print(stderr, "sallyport: standard output cannot be written\n");
  return static_cast<int>(ExitCode::Failed);
}

int show_failure(const Arguments& arguments, const json& answer) {
  return show(arguments, answer, [] { return ""; });
}

}  // namespace sallyport
