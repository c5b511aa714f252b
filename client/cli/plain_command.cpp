#include "client/cli/plain_command.hpp"

#include "client/cli/service_commands.hpp"
#include "client/config/client_config.hpp"
#include "client/config/service_address.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport {
namespace {

constexpr std::string_view kOthers = "._:/@-";  ///< beside letters and digits

struct Form {
  std::string_view word;
  int (*run)(const Arguments& arguments);  ///< null: never plain
  std::string Arguments::*operand;         ///< null: it takes none
  bool needs_operand;
};

constexpr std::array<Form, 9> kForms{{{"up", run_up, &Arguments::profile, false},
                                      {"down", run_down, nullptr, false},
                                      {"status", run_status, nullptr, false},
                                      {"posture", run_posture, nullptr, false},
                                      {"why", run_why_at, &Arguments::to, true},
                                      {"login", nullptr, nullptr, false},
                                      {"unlock", nullptr, nullptr, false},
                                      {"version", nullptr, nullptr, false},
                                      {"enroll", nullptr, nullptr, false}}};

const Form* form_of(std::string_view word) {
  const auto* const found =
      std::find_if(kForms.begin(), kForms.end(), [word](const Form& form) { return form.word == word; });
  return found == kForms.end() ? nullptr : &*found;
}

/// Means itself: no option, and nothing that the parser of the whole command line makes something else of.
bool is_plain(std::string_view word) {
  return !word.empty() && word.front() != '-' && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_address(const std::string& to) {
  const auto service = ServiceAddress::parse(to);
  return service && service->address();
}

/// The word behind the command.
bool take_operand(const Form& form, std::string_view word, Arguments& arguments) {
  if (form.operand == nullptr || !(arguments.*form.operand).empty()) return false;
  if (!is_plain(word) || form_of(word) != nullptr) return false;
  arguments.*form.operand = word;
  return true;
}

}  // namespace

std::optional<PlainCommand> plain_command(std::span<const char* const> words) {
  Arguments arguments;
  const Form* form = nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word{words[i]};
    if (word == "--json") {
      arguments.json_output = true;
    } else if (word == "--socket") {
      if (!arguments.socket.empty() || ++i == words.size() || !is_plain(words[i])) return std::nullopt;
      arguments.socket = words[i];
    } else if (form == nullptr) {
      form = form_of(word);
      if (form == nullptr || form->run == nullptr) return std::nullopt;
    } else if (!take_operand(*form, word, arguments)) {
      return std::nullopt;
    }
  }
  if (form == nullptr || (form->needs_operand && (arguments.*form->operand).empty())) return std::nullopt;
  // The C library looks names up with libraries that it loads.
  if (form->run == run_why_at && !is_address(arguments.to)) return std::nullopt;
  if (arguments.socket.empty()) arguments.socket = ClientConfig{}.socket_path();
  return PlainCommand{std::move(arguments), form->run};
}

}  // namespace sallyport
