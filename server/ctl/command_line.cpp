#include "server/ctl/command_line.hpp"

#include <CLI/CLI.hpp>

#include <string_view>
#include <utility>

namespace sallyport {
namespace {

constexpr int kMaxDays = 3660;

}  // namespace

CommandOption CommandOption::required() const {
  option_->required();
  return *this;
}

CommandOption CommandOption::show_default() const {
  option_->capture_default_str();
  return *this;
}

CommandOption CommandOption::between(std::int64_t least, std::int64_t most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption CommandOption::type_name(const char* name) const {
  option_->type_name(name);
  return *this;
}

CommandOption CommandOption::delimiter(char delimiter) const {
  option_->delimiter(delimiter);
  return *this;
}

CommandOption CommandOption::one_value_each() const {
  option_->allow_extra_args(false);
  return *this;
}

CommandOption CommandOption::needs(CommandOption other) const {
  option_->needs(other.option_);
  return *this;
}

CommandOption CommandOption::excludes(CommandOption other) const {
  option_->excludes(other.option_);
  return *this;
}

CommandOption Command::add_option(const char* name, std::string& value, const char* about) const {
  return CommandOption{*app_->add_option(name, value, about)};
}

CommandOption Command::add_option(const char* name, std::vector<std::string>& value, const char* about) const {
  return CommandOption{*app_->add_option(name, value, about)};
}

CommandOption Command::add_option(const char* name, int& value, const char* about) const {
  return CommandOption{*app_->add_option(name, value, about)};
}

CommandOption Command::add_option(const char* name, std::int64_t& value, const char* about) const {
  return CommandOption{*app_->add_option(name, value, about)};
}

CommandOption Command::add_option(const char* name, std::size_t& value, const char* about) const {
  return CommandOption{*app_->add_option(name, value, about)};
}

CommandOption Command::add_option(const char* name, std::optional<unsigned>& value, const char* about) const {
  return CommandOption{*app_->add_option(name, value, about)};
}

CommandOption Command::add_flag(const char* name, bool& value, const char* about) const {
  return CommandOption{*app_->add_flag(name, value, about)};
}

Command Command::add_noun(const char* name, const char* about) const {
  auto* noun = app_->add_subcommand(name, about);
  noun->fallthrough();
  noun->require_subcommand(1);
  // Each verb adds a line of its own.
  noun->footer("Examples; more of each, and what it needs, by its own --help:\n");
  return Command{*noun};
}

Command Command::add_verb(const char* name, const char* about, const char* example,
                          std::function<void()> chosen) const {
  auto* verb = app_->add_subcommand(name, about);
  verb->fallthrough();
  verb->footer(std::string{"Examples:\n"} + example);
  const std::string_view lines{example};
  if (app_->get_parent() != nullptr)
    app_->footer(app_->get_footer() + std::string{lines.substr(0, lines.find('\n'))} + '\n');
  verb->callback(std::move(chosen));
  return Command{*verb};
}

void add_days(Command verb, int& days, const char* what) {
  verb.add_option("--days", days, what).between(1, kMaxDays).show_default();
}

}  // namespace sallyport
