#include "common/wire/extensions.hpp"

#include "common/base/trimmed.hpp"

#include <algorithm>
#include <cstddef>

namespace sallyport {
namespace {

constexpr std::size_t kMaxTokens = 16;

bool is_token(std::string_view text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && is_lower(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_lower(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Extensions parse_extensions(std::string_view field) {
  Extensions extensions;
  std::size_t tokens = 0;
  for (bool more = true; more;) {
    const auto comma = field.find(',');
    const auto token = trimmed(field.substr(0, comma), " \t");
    if (!is_token(token) || ++tokens > kMaxTokens) return {};
    extensions.notice |= token == "notice";
    extensions.why |= token == "why";
    extensions.attest |= token == "attest";
    extensions.proof |= token == "proof";
    extensions.authorities |= token == "authorities";
    extensions.gso |= token == "gso";
    extensions.probe |= token == "probe";
    more = comma != std::string_view::npos;
    if (more) field.remove_prefix(comma + 1);
  }
  return extensions;
}

std::string to_string(Extensions extensions) {
  std::string text;
  const auto add = [&text](bool has, std::string_view token) {
    if (has) text.append(text.empty() ? "" : ", ").append(token);
  };
  add(extensions.notice, "notice");
  add(extensions.why, "why");
  add(extensions.attest, "attest");
  add(extensions.proof, "proof");
  add(extensions.authorities, "authorities");
  add(extensions.gso, "gso");
  add(extensions.probe, "probe");
  return text;
}

}  // namespace sallyport
