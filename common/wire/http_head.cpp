#include "common/wire/http_head.hpp"

#include "common/base/text.hpp"

#include <llhttp.h>

#include <algorithm>
#include <array>

namespace sallyport {

bool HeadCollector::may_follow(char octet) const noexcept {
  const char last = text_.empty() ? '\0' : text_.back();
  if (last == '\r') return octet == '\n';
  switch (octet) {
    case '\n':
      return false;
    case '\r':
      return !text_.empty();
    case ' ':
    case '\t':
      return !text_.empty() && last != '\n';
    default:
      return octet > 0x20 && octet < 0x7f;
  }
}

Result<bool, UpgradeError> HeadCollector::take(Bytes& input) {
  const std::string_view text = as_text(input);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!may_follow(text[i])) return fail(UpgradeError::Malformed);
    if (text_.size() == kMaxHeadSize) return fail(UpgradeError::HeadTooLarge);
    text_ += text[i];
    if (!is_whole()) continue;
    input = input.subspan(i + 1);
    return true;
  }
  input = {};
  return false;
}

namespace {

HttpHead& head_of(llhttp_t* parser) { return *static_cast<HttpHead*>(parser->data); }

int take_target(llhttp_t* parser, const char* text, std::size_t size) {
  head_of(parser).target.append(text, size);
  return 0;
}

int take_name(llhttp_t* parser, const char* text, std::size_t size) {
  head_of(parser).fields.push_back({lower_ascii({text, size}), {}});
  return 0;
}

int take_value(llhttp_t* parser, const char* text, std::size_t size) {
  head_of(parser).fields.back().value.append(text, size);
  return 0;
}

int stop_after_head(llhttp_t*) { return 2; }

/// The whole head is in one piece, so every name comes as one piece, too.
const llhttp_settings_t& settings() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = take_target;
    settings.on_header_field = take_name;
    settings.on_header_value = take_value;
    settings.on_headers_complete = stop_after_head;
    return settings;
  }();
  return kSettings;
}

/// llhttp lets a space pass in a name.
bool is_field_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

/// The first line as RFC 9112 writes it, where llhttp is lenient about spaces.
bool is_plain_request_line(std::string_view text, const HttpHead& head) {
  return text.starts_with(head.method + ' ' + head.target + " HTTP/1.1\r\n");
}

bool is_plain_status_line(std::string_view text, unsigned status) {
  const std::string line = "HTTP/1.1 " + std::to_string(status);
  return text.starts_with(line + ' ') || text.starts_with(line + "\r\n");
}

std::string_view trim_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

bool has_repeated_field(const std::vector<HeadField>& fields) {
  for (auto field = fields.begin(); field != fields.end(); ++field) {
    const auto same = [&](const HeadField& other) { return other.name == field->name; };
    if (std::any_of(std::next(field), fields.end(), same)) return true;
  }
  return false;
}

std::optional<UpgradeError> settle_fields(std::vector<HeadField>& fields) {
  if (fields.size() > kMaxHeadFields) return UpgradeError::HeadTooLarge;
  for (auto& field : fields) {
    if (!is_field_name(field.name)) return UpgradeError::Malformed;
    field.value.resize(trim_end(field.value).size());
  }
  return has_repeated_field(fields) ? std::optional{UpgradeError::RepeatedField} : std::nullopt;
}

}  // namespace

Result<HttpHead, UpgradeError> HttpHead::parse(Kind kind, std::string_view text) {
  HttpHead head;
  llhttp_t parser;
  llhttp_init(&parser, kind == Kind::Request ? HTTP_REQUEST : HTTP_RESPONSE, &settings());
  parser.data = &head;
  const llhttp_errno_t outcome = llhttp_execute(&parser, text.data(), text.size());
  if (outcome == HPE_INVALID_VERSION) return fail(UpgradeError::WrongVersion);
  if (outcome != HPE_PAUSED_UPGRADE) return fail(UpgradeError::Malformed);
  if (llhttp_get_error_pos(&parser) != text.data() + text.size()) return fail(UpgradeError::Malformed);
  if (parser.http_major != 1 || parser.http_minor != 1) return fail(UpgradeError::WrongVersion);
  if (kind == Kind::Request) head.method = llhttp_method_name(static_cast<llhttp_method_t>(parser.method));
  head.status = parser.status_code;
  const bool plain =
      kind == Kind::Request ? is_plain_request_line(text, head) : is_plain_status_line(text, head.status);
  if (!plain) return fail(UpgradeError::Malformed);
  if (const auto fault = settle_fields(head.fields)) return fail(*fault);
  return head;
}

const std::string* HttpHead::find(std::string_view name) const noexcept {
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const HeadField& f) { return f.name == name; });
  return field == fields.end() ? nullptr : &field->value;
}

bool HttpHead::lists(std::string_view name, std::string_view token) const {
  const std::string* value = find(name);
  if (value == nullptr) return false;
  std::string_view rest = *value;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    std::string_view item = trim_end(rest.substr(0, comma));
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    if (lower_ascii(item) == lower_ascii(token)) return true;
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return false;
}

bool HttpHead::has_body_field() const noexcept {
  constexpr std::array<std::string_view, 3> kBodyFields{"content-length", "content-type", "transfer-encoding"};
  return std::any_of(kBodyFields.begin(), kBodyFields.end(),
                     [&](std::string_view name) { return find(name) != nullptr; });
}

std::optional<UpgradeError> HttpHead::fault_in_upgrade() const {
  const std::string* upgrade = find("upgrade");
  if (upgrade == nullptr || lower_ascii(*upgrade) != "connect-ip") return UpgradeError::NoUpgrade;
  if (!lists("connection", "upgrade")) return UpgradeError::NotConnectionUpgrade;
  const std::string* capsules = find("capsule-protocol");
  // A Boolean item with ignored parameters (RFC 9297 section 3.4); absent it means nothing.
  if (capsules != nullptr && *capsules != "?1" && !capsules->starts_with("?1;"))
    return UpgradeError::NotCapsuleProtocol;
  return std::nullopt;
}

}  // namespace sallyport
