#include "common/wire/attest.hpp"

#include "common/base/hex.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

#include <algorithm>

namespace sallyport {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kSignatureLabel = "sallyport attestation v1";
/// RSA of 4,096 bits has the longest.
constexpr std::size_t kMaxSignature = 512;

/// The member as it stands: text_member() would escape what was signed.
const std::string* raw_text(const json& object, std::string_view key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : member->get_ptr<const json::string_t*>();
}

std::optional<AttestNonce> nonce_member(const json& object) {
  const auto* text = raw_text(object, "nonce");
  const auto octets = text != nullptr ? from_hex(*text) : std::nullopt;
  if (!octets || octets->size() != kAttestNonceSize) return std::nullopt;
  AttestNonce nonce{};
  std::copy(octets->begin(), octets->end(), nonce.begin());
  return nonce;
}

/// Absent: nothing is wanted.
std::optional<std::vector<std::string>> wanted_names(const json& wants, const char* key,
                                                     bool (*is_good)(std::string_view) noexcept) {
  std::vector<std::string> names;
  const auto list = wants.find(key);
  if (list == wants.end()) return names;
  if (!list->is_array() || list->size() > kMaxPostureWants) return std::nullopt;
  for (const auto& each : *list) {
    const auto* name = each.get_ptr<const json::string_t*>();
    if (name == nullptr || !is_good(*name)) return std::nullopt;
    names.push_back(*name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<PostureWants> wants_member(const json& object) {
  const auto wants = object.find("wants");
  if (wants == object.end()) return PostureWants{};
  if (!wants->is_object()) return std::nullopt;
  auto processes = wanted_names(*wants, "processes", is_process_name);
  auto files = wanted_names(*wants, "files", is_file_path);
  if (!processes || !files || processes->size() + files->size() > kMaxPostureWants) return std::nullopt;
  return PostureWants{std::move(*processes), std::move(*files)};
}

void append_json(ByteBuffer& out, const ordered_json& object) {
  append_capsule(out, CapsuleType::Attest, as_bytes(dump_control_json(object)));
}

}  // namespace

Result<AttestChallenge, CapsuleError> parse_attest_challenge(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto nonce = nonce_member(*object);
  const auto session = object->find("session");
  auto wants = wants_member(*object);
  if (!nonce || !wants || session == object->end() || !session->is_number_unsigned())
    return fail(CapsuleError::BadMember);
  return AttestChallenge{*nonce, *session->get_ptr<const json::number_unsigned_t*>(), std::move(*wants)};
}

Result<AttestAnswer, CapsuleError> parse_attest_answer(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto nonce = nonce_member(*object);
  if (const auto unable = object->find("cannot_sign"); unable != object->end()) {
    if (!nonce || *unable != true) return fail(CapsuleError::BadMember);
    return AttestAnswer{*nonce, {}, {}, true};
  }
  const auto* body = raw_text(*object, "body");
  const auto* text = raw_text(*object, "signature");
  auto signature = text != nullptr ? from_hex(*text) : std::nullopt;
  if (!nonce || body == nullptr || !signature || signature->size() > kMaxSignature)
    return fail(CapsuleError::BadMember);
  return AttestAnswer{*nonce, *body, std::move(*signature)};
}

void append_attest_challenge(ByteBuffer& out, const AttestChallenge& challenge) {
  ordered_json object{{"v", 1}, {"nonce", to_hex(challenge.nonce)}, {"session", challenge.session}};
  auto& wants = challenge.wants;
  if (!wants.empty()) object["wants"] = {{"processes", wants.processes}, {"files", wants.files}};
  append_json(out, object);
}

void append_attest_answer(ByteBuffer& out, const AttestAnswer& answer) {
  if (answer.cannot_sign) return append_json(out, {{"v", 1}, {"nonce", to_hex(answer.nonce)}, {"cannot_sign", true}});
  append_json(
      out, {{"v", 1}, {"nonce", to_hex(answer.nonce)}, {"body", answer.body}, {"signature", to_hex(answer.signature)}});
}

ByteBuffer attestation_message(const ChannelValue& channel, const AttestChallenge& challenge, std::string_view body) {
  ByteBuffer message;
  append(message, as_bytes(kSignatureLabel));
  message.push_back(std::byte{0});
  append(message, channel);
  append(message, challenge.nonce);
  std::array<std::byte, 8> session{};
  store_be32(session, static_cast<std::uint32_t>(challenge.session >> 32U));
  store_be32(MutableBytes{session}.subspan(4), static_cast<std::uint32_t>(challenge.session & 0xffffffffU));
  append(message, session);
  append(message, as_bytes(body));
  return message;
}

}  // namespace sallyport
