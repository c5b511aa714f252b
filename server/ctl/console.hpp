#pragma once

#include "common/base/diagnostic.hpp"
#include "server/ctl/exit_code.hpp"
#include "server/ctl/text_table.hpp"

#include <nlohmann/json_fwd.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace sallyport {

/// Where a command speaks: data on `out`, messages on `err`; with `json`, one JSON document on `out` and nothing else.
class Console {
 public:
  Console(std::ostream& out, std::ostream& err) : out_{out}, err_{err} {}

  void use_json(bool json) noexcept { json_ = json; }
  void use_colour(bool colour) noexcept { colour_ = colour; }
  [[nodiscard]] bool json() const noexcept { return json_; }
  [[nodiscard]] bool colour() const noexcept { return colour_; }

  /// Text for a person; nothing with `json`.
  void say(std::string_view text);
  /// For a person who also gets data on `out`.
  void note(std::string_view text);
  void show(const TextTable& table) { say(table.to_text(colour_)); }
  /// Data, whatever the form.
  void data(std::string_view text);
  /// The document of a command that did what it was told; nothing without `json`. Adds "v" and "ok".
  void document(nlohmann::json document);
  /// One document of a stream, on a line of its own; nothing without `json`.
  void line(const nlohmann::json& document);
  /// What was said so far is on its way: for commands that go on for long.
  void flush();
  [[nodiscard]] std::string styled(std::string_view text, Style style) const {
    return sallyport::styled(text, style, colour_);
  }

  /// What went wrong and what to do about it; the hint may be empty.
  /// What the system did not permit this user is NotPermitted, whoever found it out.
  CtlExit fail(CtlExit code, const std::string& error, const std::string& hint = {});
  CtlExit fail(CtlExit code, const std::string& error, const Diagnostics& diagnostics);
  /// Whether that was so.
  [[nodiscard]] bool was_not_permitted() const noexcept { return was_not_permitted_; }

 private:
  std::ostream& out_;
  std::ostream& err_;
  bool json_ = false;
  bool colour_ = false;
  bool was_not_permitted_ = false;
};

}  // namespace sallyport
