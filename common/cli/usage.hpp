#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace sallyport {

/// What is wrong with a command line, and what to type instead.
struct UsageFault {
  std::string words;
  std::string hint;
};

/// A command by the name that it has in other programs.
struct Synonym {
  std::string_view typed;
  std::string_view meant;
};

/// Why `arguments`, which follow the program's name, could not be parsed. Printable, whatever they hold.
[[nodiscard]] UsageFault explain_usage(const CLI::App& app, const CLI::ParseError& error,
                                       const std::vector<std::string>& arguments,
                                       std::span<const Synonym> synonyms = {});

/// "help devices list" as "devices list --help"; everything else as it is.
[[nodiscard]] std::vector<std::string> with_help_word(std::vector<std::string> arguments);

}  // namespace sallyport
