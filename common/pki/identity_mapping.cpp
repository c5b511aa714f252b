#include "common/pki/identity_mapping.hpp"

#include "common/base/text.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/oids.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxPattern = 512;
constexpr std::string_view kUser = "{user}";
constexpr std::string_view kDevice = "{device}";
constexpr std::string_view kSeparators = "/:?#";

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

/// The placeholder that `text` begins with; empty when it begins with none.
std::string_view placeholder_at(std::string_view text) {
  for (const auto word : {kUser, kDevice}) {
    if (text.starts_with(word)) return word;
  }
  return {};
}

/// Why a placeholder could be read in two ways or in none; empty when all is well.
std::string_view fault_of(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '}') return "has a \"}\" without a \"{\"";
    if (pattern[i] != '{') continue;
    const auto word = placeholder_at(pattern.substr(i));
    if (word.empty()) return "has a placeholder that is neither {user} nor {device}";
    const bool begins_part = i > 0 && kSeparators.find(pattern[i - 1]) != std::string_view::npos;
    i += word.size() - 1;
    const bool ends_part = i + 1 == pattern.size() || kSeparators.find(pattern[i + 1]) != std::string_view::npos;
    if (!begins_part || !ends_part)
      return "has a placeholder that is not a whole part between \"/\", \":\", \"?\" or \"#\"";
  }
  return {};
}

Result<std::string_view, IdentityFault> only_one(const std::vector<std::string>& values, IdentityFault none,
                                                 IdentityFault several) {
  if (values.empty()) return fail(none);
  if (values.size() > 1) return fail(several);
  return std::string_view{values.front()};
}

Result<UriPattern::Match, IdentityFault> match_uris(const CertificateInfo& leaf, const IdentityMapping& mapping) {
  std::optional<UriPattern::Match> found;
  if (!mapping.uri) return UriPattern::Match{};
  for (const auto& uri : leaf.uris) {
    const auto match = mapping.uri->match(uri);
    if (!match) continue;
    if (found) return fail(IdentityFault::SeveralMatchingUris);
    found = match;
  }
  if (!found) return fail(IdentityFault::NoMatchingUri);
  return *found;
}

Result<std::string, IdentityFault> device_text(const CertificateInfo& leaf, DeviceSource source,
                                               const UriPattern::Match& match) {
  const auto attribute = [&leaf](std::string_view oid) -> Result<std::string, IdentityFault> {
    const auto values = attributes_of(leaf.subject_der, oid);
    const auto value = only_one(values, IdentityFault::NoDevice, IdentityFault::SeveralDevices);
    if (!value) return fail(value.error());
    return std::string{*value};
  };
  switch (source) {
    case DeviceSource::Uri:
      return std::string{match.device};
    case DeviceSource::CommonName:
      return attribute(oids::kCommonName);
    case DeviceSource::SubjectSerial:
      return attribute(oids::kSerialNumber);
    case DeviceSource::CertificateSerial:
      return leaf.serial_hex;
  }
  return fail(IdentityFault::NoDevice);
}

}  // namespace

Result<UriPattern, std::string> UriPattern::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxPattern || !is_plain(text))
    return fail(std::string{"must be 1 to 512 printable characters without blanks"});
  if (const auto fault = fault_of(text); !fault.empty()) return fail(std::string{fault});
  const auto users = count_of(text, kUser);
  const auto devices = count_of(text, kDevice);
  if (users + devices == 0) return fail(std::string{"names neither {user} nor {device}"});
  if (users > 1 || devices > 1) return fail(std::string{"names the same placeholder twice"});
  return UriPattern{std::string{text}};
}

std::optional<UriPattern::Match> UriPattern::match(std::string_view uri) const {
  Match match;
  std::string_view pattern = text_;
  while (!pattern.empty()) {
    const auto word = placeholder_at(pattern);
    if (word.empty()) {
      if (uri.empty() || uri.front() != pattern.front()) return std::nullopt;
      uri.remove_prefix(1);
      pattern.remove_prefix(1);
      continue;
    }
    const auto value = uri.substr(0, uri.find_first_of(kSeparators));
    if (value.empty()) return std::nullopt;
    (word == kUser ? match.user : match.device) = value;
    uri.remove_prefix(value.size());
    pattern.remove_prefix(word.size());
  }
  return uri.empty() ? std::optional{match} : std::nullopt;
}

Result<UserPattern, std::string> UserPattern::parse(std::string_view text) {
  auto lower = lower_ascii(text);
  const bool is_domain = lower.starts_with("*@") && is_host_name(std::string_view{lower}.substr(2));
  const bool is_person = is_user_id(lower) && lower.find('*') == std::string::npos;
  if (is_domain || is_person) return UserPattern{std::move(lower)};
  return fail(std::string{"is neither an e-mail address nor \"*@\" and a domain"});
}

bool UserPattern::matches(const UserId& user) const noexcept {
  if (user.empty()) return false;
  const std::string_view name = user.text();
  if (!text_.starts_with('*')) return name == text_;
  const auto at = name.find('@');
  return at != std::string_view::npos && at > 0 && name.substr(at) == std::string_view{text_}.substr(1);
}

Result<MappedIdentity, IdentityFault> map_identity(const CertificateInfo& leaf, const IdentityMapping& mapping) {
  const auto match = match_uris(leaf, mapping);
  if (!match) return fail(match.error());
  Result<std::string_view, IdentityFault> user = match->user;
  if (mapping.user == UserSource::Email)
    user = only_one(leaf.emails, IdentityFault::NoUser, IdentityFault::SeveralUsers);
  if (!user) return fail(user.error());
  auto owner = lower_ascii(*user);
  if (!is_user_id(owner)) return fail(IdentityFault::MalformedUser);
  const auto device = device_text(leaf, mapping.device, *match);
  if (!device) return fail(device.error());
  auto id = lower_ascii(*device);
  if (!is_device_id(id)) return fail(IdentityFault::MalformedDevice);
  return MappedIdentity{DeviceId{std::move(id)}, UserId{std::move(owner)}};
}

}  // namespace sallyport
