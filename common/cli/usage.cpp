#include "common/cli/usage.hpp"

#include "common/base/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace sallyport {
namespace {

/// More than that is no help any more.
constexpr std::size_t kListedCommands = 12;

/// The deepest command that was recognised: its help is the right one.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.back());
}

std::string path_of(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : path_of(*parent) + ' ' + app.get_name();
}

/// Whether `word` is one of the commands that led here.
bool names_way(const CLI::App* command, const std::string& word) {
  for (; command != nullptr; command = command->get_parent()) {
    if (command->get_name() == word) return true;
  }
  return false;
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && std::isdigit(static_cast<unsigned char>(word[1])) == 0;
}

std::string name_in(const std::string& word) {
  if (word.starts_with("--")) return word.substr(0, word.find('='));
  return word.substr(0, 2);
}

/// The option that `word` names, of `command` or of those that led to it; null when there is none.
const CLI::Option* option_of(const CLI::App* command, const std::string& word) {
  for (; command != nullptr; command = command->get_parent()) {
    if (const auto* option = command->get_option_no_throw(name_in(word)); option != nullptr) return option;
  }
  return nullptr;
}

bool takes_next(const CLI::Option* option, const std::string& word) {
  return option != nullptr && option->get_items_expected_min() > 0 && word.find('=') == std::string::npos;
}

std::vector<std::string> commands_below(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* each : command.get_subcommands(nullptr)) names.push_back(each->get_name());
  return names;
}

bool has_operands(const CLI::App& command) {
  const auto options = command.get_options();
  return std::any_of(options.begin(), options.end(), [](const auto* each) { return each->get_positional(); });
}

struct Strange {
  std::string option;   ///< that is none
  std::string command;  ///< the same
};

/// The first word that means nothing where it stands.
Strange strange_word(const CLI::App& command, const std::vector<std::string>& arguments) {
  const bool wants_command = !commands_below(command).empty() && !has_operands(command);
  bool is_value = false;
  for (const auto& word : arguments) {
    if (word == "--") return {};
    if (std::exchange(is_value, false)) continue;
    if (is_option(word)) {
      const auto* option = option_of(&command, word);
      if (option == nullptr) return {name_in(word), {}};
      is_value = takes_next(option, word);
    } else if (wants_command && !word.starts_with('-') && !names_way(&command, word)) {
      return {{}, word};
    }
  }
  return {};
}

std::string guess(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates{names.begin(), names.end()};
  const auto meant = closest_match(word, candidates);
  return meant ? std::string{*meant} : std::string{};
}

std::string guess_option(const CLI::App* command, const std::string& word) {
  std::vector<std::string> names;
  for (; command != nullptr; command = command->get_parent()) {
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return guess(word, names);
}

std::string guess_command(const CLI::App& command, const std::string& word, std::span<const Synonym> synonyms) {
  const auto same =
      std::find_if(synonyms.begin(), synonyms.end(), [&word](const Synonym& each) { return each.typed == word; });
  return same == synonyms.end() ? guess(word, commands_below(command)) : std::string{same->meant};
}

std::string hint(const CLI::App& command, const std::string& meant) {
  return (meant.empty() ? std::string{} : "did you mean \"" + meant + "\"? ") + "run: " + path_of(command) + " --help";
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  if (names.size() > kListedCommands) return text;
  for (const auto& name : names) text += (text.empty() ? "one of: " : ", ") + name;
  return text + "; ";
}

}  // namespace

UsageFault explain_usage(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments,
                         std::span<const Synonym> synonyms) {
  const auto& command = innermost(app);
  const auto strange = strange_word(command, arguments);
  if (!strange.option.empty())
    return {"there is no option \"" + escape_untrusted(strange.option) + '"',
            hint(command, guess_option(&command, strange.option))};
  if (!strange.command.empty())
    return {"there is no command \"" + escape_untrusted(strange.command) + '"',
            hint(command, guess_command(command, strange.command, synonyms))};
  const auto commands = commands_below(command);
  const bool lacks_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (lacks_command && !commands.empty() && !has_operands(command))
    return {"a command is missing", list_of(commands) + hint(command, {})};
  return {escape_untrusted(error.what()), hint(command, {})};
}

std::vector<std::string> with_help_word(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

}  // namespace sallyport
