#pragma once

#include "common/base/result.hpp"
#include "common/wire/proof.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// What was typed as a proof: six digits, with or without blanks, are a TOTP code, sixteen letters and digits with or
/// without dashes a recovery code. The error is for the person; it never repeats what was typed.
[[nodiscard]] Result<ProofAttempt, std::string> read_code(std::string_view typed);

/// One line from the terminal, which does not show it. `instead` is what to do where there is none.
[[nodiscard]] Result<std::string, std::string> ask_hidden(std::string_view prompt, std::string_view instead);

/// What opens a token, asked for as a code is.
[[nodiscard]] Result<std::string, std::string> ask_for_pin(const std::string& token, bool from_stdin);
/// A question at the terminal. False: no, nobody is there, or nothing was typed.
[[nodiscard]] bool ask_whether(const std::string& question);

/// One line from the terminal, which does not show it, or from standard input as it is.
[[nodiscard]] Result<std::string, std::string> ask_for_code(bool from_stdin);

}  // namespace sallyport
