#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

/// What a server tells about a document so that it need not send it again (RFC 9110 section 8.8).
struct Validators {
  std::string etag{};
  std::string last_modified{};

  [[nodiscard]] bool empty() const noexcept { return etag.empty() && last_modified.empty(); }

  friend bool operator==(const Validators&, const Validators&) = default;
};

/// Takes one line of an answer's head, with or without its end. A status line begins anew; what could not be sent back
/// as it is counts as absent.
void take_header(std::string_view line, Validators& validators);

enum class AnswerKind : std::uint8_t { Content, Unchanged, Refused };

struct AnswerVerdict {
  AnswerKind kind;
  std::string words{};  ///< of Refused
};

/// Only a whole document (200), and "not modified" where that was asked for, are answers. Nobody is followed elsewhere.
[[nodiscard]] AnswerVerdict judge_answer(long status, std::size_t size, bool was_conditional);

}  // namespace sallyport
