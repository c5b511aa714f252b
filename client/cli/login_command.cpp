#include "client/cli/ask_service.hpp"
#include "client/cli/code_input.hpp"
#include "client/cli/exit_code.hpp"
#include "client/cli/login_need.hpp"
#include "client/cli/output.hpp"
#include "client/cli/service_commands.hpp"
#include "client/daemon/answer.hpp"
#include "common/base/text.hpp"
#include "common/ipc/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace sallyport {
namespace {

using nlohmann::json;

constexpr auto kPatience = std::chrono::seconds{20};

int nothing_asks(const Arguments& arguments, const std::string& words) {
  json answer = accepted();
  answer.update({{"verdict", "not_asked"}, {"words", words}});
  return show(arguments, answer, [&] { return words + '\n'; });
}

/// Whether HOST:PORT needs a proof is the gateway's to say. Nullopt: it does.
std::optional<int> settle_place(const Arguments& arguments) {
  const auto question = ask_why(arguments, arguments.purpose);
  if (!question) return show_failure(arguments, question.error());
  const json& said = question->answer;
  if (said.value("ok", json{}) != true) return show_failure(arguments, said);
  if (text_at(said, "verdict") == "allow") {
    if (arguments.renew) return std::nullopt;
    return nothing_asks(arguments, "Nothing asks for it now: you reach " + escape_untrusted(arguments.purpose) + '.');
  }
  if (text_at(said, "reason") == "sign_in_needed") return std::nullopt;
  auto answer = declined("not_proof", "a code would not open this: " + text_at(said, "words").value_or(""),
                         "see: sallyport why " + escape_untrusted(arguments.purpose));
  if (const auto code = text_at(said, "code")) answer["code"] = *code;
  return show_failure(arguments, answer);
}

std::optional<int> settle_name(const Arguments& arguments, const WaitingPlaces& waiting) {
  const auto quoted = '"' + escape_untrusted(arguments.purpose) + '"';
  switch (need_of(waiting, arguments.purpose, arguments.renew)) {
    case NameNeed::Ask:
      return std::nullopt;
    case NameNeed::Misspelt:
      (void)show_failure(arguments,
                         declined("unknown_place", quoted + " does not wait for a code",
                                  "did you mean \"" + likely_place(waiting, arguments.purpose).value_or("") + "\"?"));
      return static_cast<int>(ExitCode::Usage);
    case NameNeed::NotWaiting:
      break;
  }
  return nothing_asks(arguments, "Nothing asks for it now: " + quoted + " is not among what waits for a code.");
}

/// A name may look like a place; what waits by that name is meant then.
std::optional<int> settle_purpose(const Arguments& arguments, const WaitingPlaces& waiting) {
  const bool is_name = std::find(waiting.names.begin(), waiting.names.end(), arguments.purpose) != waiting.names.end();
  return is_name || !ServiceAddress::parse(arguments.purpose) ? settle_name(arguments, waiting)
                                                              : settle_place(arguments);
}

/// The exit code, when no code has to be asked for.
std::optional<int> settle_without_code(const Arguments& arguments) {
  const auto status = ask_service(arguments, {{"v", 1}, {"do", "status"}}, kPatience);
  if (status.value("ok", json{}) != true) return show_failure(arguments, status);
  if (text_at(status, "state") != "online") {
    return show_failure(arguments, declined("not_connected", "the tunnel is not up", "run: sallyport up"));
  }
  const auto waiting = waiting_in(status);
  if (!arguments.purpose.empty()) return settle_purpose(arguments, waiting);
  if (waiting.names.empty() && !arguments.renew) return nothing_asks(arguments, "Nothing asks for it now.");
  return std::nullopt;
}

int refuse_input(const Arguments& arguments, const std::string& words) {
  (void)show_failure(arguments, declined("bad_code", words));
  return static_cast<int>(ExitCode::Usage);
}

}  // namespace

int run_login(const Arguments& arguments) {
  if (const auto settled = settle_without_code(arguments)) return *settled;
  const auto typed = ask_for_code(arguments.code_stdin);
  if (!typed) return refuse_input(arguments, typed.error());
  const auto attempt = read_code(*typed);
  if (!attempt) return refuse_input(arguments, attempt.error());
  const auto answer = ask_service(
      arguments, {{"v", 1}, {"do", "login"}, {"method", attempt->method}, {"code", attempt->code}}, kPatience);
  return show(arguments, answer, [&] { return render_login(answer, wall_clock()); });
}

}  // namespace sallyport
