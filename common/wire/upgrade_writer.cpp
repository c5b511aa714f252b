#include "common/wire/upgrade.hpp"

#include <algorithm>
#include <cassert>

namespace sallyport {
namespace {

constexpr std::string_view kUpgradeFields =
    "Connection: Upgrade\r\n"
    "Upgrade: connect-ip\r\n"
    "Capsule-Protocol: ?1\r\n";

std::string extension_field(Extensions extensions) {
  return extensions.any() ? "Sallyport-Extensions: " + to_string(extensions) + "\r\n" : std::string{};
}

/// Fields that RFC 9110 asks for beside some statuses (sections 15.5.6 and 15.5.22).
std::string_view fields_for(unsigned status) {
  if (status == 405) return "Allow: GET\r\nConnection: close\r\n";
  if (status == 426) return "Connection: close, Upgrade\r\nUpgrade: connect-ip\r\n";
  return "Connection: close\r\n";
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "-._:[]";
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

void append_upgrade_request(ByteBuffer& out, std::string_view authority, Extensions extensions) {
  assert(is_authority(authority));
  append(out, as_bytes("GET /.well-known/masque/ip/%2A/%2A/ HTTP/1.1\r\nHost: "));
  append(out, as_bytes(authority));
  append(out, as_bytes("\r\n"));
  append(out, as_bytes(kUpgradeFields));
  append(out, as_bytes(extension_field(extensions)));
  append(out, as_bytes("\r\n"));
}

void append_upgrade_accepted(ByteBuffer& out, Extensions extensions) {
  append(out, as_bytes("HTTP/1.1 101 Switching Protocols\r\n"));
  append(out, as_bytes(kUpgradeFields));
  append(out, as_bytes(extension_field(extensions)));
  append(out, as_bytes("\r\n"));
}

void append_refusal(ByteBuffer& out, const Problem& problem) {
  append_refusal(out, problem, fields_for(problem.status));
}

void append_refusal(ByteBuffer& out, const Problem& problem, std::string_view fields) {
  const std::string document = to_json(problem);
  const std::string head =
      "HTTP/1.1 " + std::to_string(problem.status) + ' ' + std::string{status_title(problem.status)} +
      "\r\nContent-Type: application/problem+json\r\nContent-Length: " + std::to_string(document.size()) + "\r\n";
  append(out, as_bytes(head));
  append(out, as_bytes(fields));
  append(out, as_bytes("\r\n"));
  append(out, as_bytes(document));
}

}  // namespace sallyport
