#pragma once

#include "client/cli/arguments.hpp"

#include <optional>
#include <span>

namespace sallyport {

/// One of the commands of every day, as most people type it.
struct PlainCommand {
  Arguments arguments;
  int (*run)(const Arguments& arguments);
};

/// `words` follow the program's name. Nullopt: anything that the whole command line has to look at, wrong usage too.
[[nodiscard]] std::optional<PlainCommand> plain_command(std::span<const char* const> words);

}  // namespace sallyport
