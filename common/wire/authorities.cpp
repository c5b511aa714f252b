#include "common/wire/authorities.hpp"

#include "common/base/base64.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <algorithm>

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kFingerprint = 64;
constexpr std::size_t kMaxProblem = 32;

const std::string* text_at(const json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : member->get_ptr<const json::string_t*>();
}

std::optional<ByteBuffer> octets_at(const json& object, const char* key) {
  const auto* text = text_at(object, key);
  auto octets = text == nullptr ? std::nullopt : from_base64(*text);
  if (!octets || octets->empty() || octets->size() > kMaxAuthoritySize) return std::nullopt;
  return octets;
}

/// A list that is absent is empty; nullopt for one that is none or is too long.
template <class Item, class Read>
std::optional<std::vector<Item>> list_at(const json& object, const char* key, std::size_t most, Read read) {
  std::vector<Item> list;
  const auto member = object.find(key);
  if (member == object.end()) return list;
  if (!member->is_array() || member->size() > most) return std::nullopt;
  for (const auto& each : *member) {
    auto item = read(each);
    if (!item) return std::nullopt;
    list.push_back(std::move(*item));
  }
  return list;
}

std::optional<NextAuthority> next_of(const json& object) {
  if (!object.is_object()) return std::nullopt;
  auto certificate = octets_at(object, "certificate");
  auto vouched = octets_at(object, "vouched");
  if (!certificate || !vouched) return std::nullopt;
  return NextAuthority{std::move(*certificate), std::move(*vouched)};
}

/// Empty: absent.
std::optional<ByteBuffer> retirement_of(const json& object) {
  if (!object.contains("retirement")) return ByteBuffer{};
  auto octets = octets_at(object, "retirement");
  return octets && octets->size() <= kMaxRetirementSize ? octets : std::nullopt;
}

std::optional<std::string> fingerprint_in(const json& value) {
  const auto* text = value.get_ptr<const json::string_t*>();
  return text != nullptr && is_fingerprint(*text) ? std::optional{*text} : std::nullopt;
}

/// Nullopt: there, and no such number. kNoTime: absent.
constexpr std::chrono::seconds kNoTime{0};
std::optional<std::chrono::seconds> renew_within_of(const json& object) {
  const auto member = object.find("renew_within");
  if (member == object.end()) return kNoTime;
  if (!member->is_number_unsigned()) return std::nullopt;
  const auto value = member->get<std::uint64_t>();
  const auto most = static_cast<std::uint64_t>(std::chrono::seconds{kMaxRenewWithin}.count());
  if (value == 0 || value > most) return std::nullopt;
  return std::chrono::seconds{value};
}

bool is_problem(std::string_view text) {
  return text.size() <= kMaxProblem &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

ordered_json first_of(const std::vector<std::string>& all, std::size_t most) {
  auto list = ordered_json::array();
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) list.push_back(all[i]);
  return list;
}

void append_json(ByteBuffer& out, const ordered_json& object) {
  append_capsule(out, CapsuleType::Authorities, as_bytes(dump_control_json(object)));
}

}  // namespace

bool is_fingerprint(std::string_view text) noexcept {
  return text.size() == kFingerprint &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<AuthorityAnnouncement, CapsuleError> parse_authority_announcement(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  auto next = list_at<NextAuthority>(*object, "next", kMaxNextAuthorities, next_of);
  auto retired = list_at<std::string>(*object, "retired", kMaxRetiredAuthorities, fingerprint_in);
  const auto renew_within = renew_within_of(*object);
  auto retirement = retirement_of(*object);
  if (!next || !retired || !renew_within || !retirement) return fail(CapsuleError::BadMember);
  AuthorityAnnouncement announcement{std::move(*next), std::move(*retired), {}, std::move(*retirement)};
  if (*renew_within != kNoTime) announcement.renew_within = *renew_within;
  return announcement;
}

Result<AuthorityReport, CapsuleError> parse_authority_report(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  auto has = list_at<std::string>(*object, "has", kMaxHeldAuthorities, fingerprint_in);
  const auto problem = object->find("problem");
  const auto* words = problem == object->end() ? nullptr : text_at(*object, "problem");
  const bool is_readable = problem == object->end() || (words != nullptr && is_problem(*words));
  if (!has || !is_readable) return fail(CapsuleError::BadMember);
  return AuthorityReport{std::move(*has), words == nullptr ? std::string{} : *words};
}

void append_authority_announcement(ByteBuffer& out, const AuthorityAnnouncement& announcement) {
  auto next = ordered_json::array();
  for (const auto& each : announcement.next) {
    if (next.size() == kMaxNextAuthorities) break;
    next.push_back({{"certificate", to_base64(each.certificate)}, {"vouched", to_base64(each.vouched)}});
  }
  ordered_json object{{"v", 1}};
  if (!next.empty()) object["next"] = std::move(next);
  if (!announcement.retired.empty()) object["retired"] = first_of(announcement.retired, kMaxRetiredAuthorities);
  if (!announcement.retirement.empty()) object["retirement"] = to_base64(announcement.retirement);
  if (announcement.renew_within) object["renew_within"] = announcement.renew_within->count();
  append_json(out, object);
}

void append_authority_report(ByteBuffer& out, const AuthorityReport& report) {
  ordered_json object{{"v", 1}, {"has", first_of(report.has, kMaxHeldAuthorities)}};
  if (!report.problem.empty()) object["problem"] = report.problem;
  append_json(out, object);
}

}  // namespace sallyport
