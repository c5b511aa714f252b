#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// `text` as content of an element or of a quoted attribute: markup is inert, and octets that are no UTF-8, control
/// characters and those that turn the direction of writing become U+FFFD.
[[nodiscard]] std::string html_text(std::string_view text);

/// A link to the element `id` on the same page.
[[nodiscard]] std::string html_link(std::string_view id, std::string_view text);

/// Pieces of markup with `separator`, markup as well, between them.
[[nodiscard]] std::string html_joined(const std::vector<std::string>& pieces, std::string_view separator);

}  // namespace sallyport
