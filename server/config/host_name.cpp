#include "server/config/host_name.hpp"

#include <algorithm>
#include <cstddef>

namespace sallyport {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxHostName = 253;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_label_character(char c) noexcept { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; }

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_character);
}

}  // namespace

bool is_host_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxHostName) return false;
  while (true) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    if (!is_label(label)) return false;
    // A last label of digits alone would be read as an address.
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
    text.remove_prefix(dot + 1);
  }
}

}  // namespace sallyport
