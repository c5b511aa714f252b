#include "common/base/text.hpp"
#include "common/wire/upgrade.hpp"

namespace sallyport {
namespace {

/// Removes `prefix` from the front, or leaves `text` alone.
bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_wildcard(std::string_view& text) {
  return take_prefix(text, "*/") || take_prefix(text, "%2A/") || take_prefix(text, "%2a/");
}

bool is_tunnel_path(std::string_view path) {
  return take_prefix(path, "/.well-known/masque/ip/") && take_wildcard(path) && take_wildcard(path) && path.empty();
}

/// Path of the request target; in absolute form its authority must be that of Host (RFC 9112 section 3.2.2).
Result<std::string_view, UpgradeError> path_of(std::string_view target, std::string_view host) {
  if (!take_prefix(target, "https://")) return target;
  const auto slash = target.find('/');
  if (lower_ascii(target.substr(0, slash)) != lower_ascii(host)) return fail(UpgradeError::BadHost);
  return slash == std::string_view::npos ? std::string_view{} : target.substr(slash);
}

Result<UpgradeRequest, UpgradeError> request_of(const HttpHead& head) {
  if (head.method != "GET") return fail(UpgradeError::WrongMethod);
  if (head.has_body_field()) return fail(UpgradeError::BodyField);
  const std::string* host = head.find("host");
  if (host == nullptr || !is_authority(*host)) return fail(UpgradeError::BadHost);
  const auto path = path_of(head.target, *host);
  if (!path) return fail(path.error());
  if (!is_tunnel_path(*path)) return fail(UpgradeError::UnknownPath);
  if (const auto fault = head.fault_in_upgrade()) return fail(*fault);
  const std::string* extensions = head.find("sallyport-extensions");
  return UpgradeRequest{*host, extensions == nullptr ? Extensions{} : parse_extensions(*extensions)};
}

}  // namespace

Result<std::optional<UpgradeRequest>, UpgradeError> UpgradeRequestParser::feed(Bytes bytes) {
  const auto refuse = [&](UpgradeError error) { return fail(*(error_ = error)); };
  if (error_) return fail(*error_);
  if (is_done_ && !bytes.empty()) return refuse(UpgradeError::EarlyData);
  const auto whole = head_.take(bytes);
  if (!whole) return refuse(whole.error());
  if (!*whole) return std::optional<UpgradeRequest>{};
  const auto head = HttpHead::parse(HttpHead::Kind::Request, head_.text());
  if (!head) return refuse(head.error());
  auto request = request_of(*head);
  if (!request) return refuse(request.error());
  if (!bytes.empty()) return refuse(UpgradeError::EarlyData);
  is_done_ = true;
  head_.clear();
  return std::optional{std::move(*request)};
}

}  // namespace sallyport
