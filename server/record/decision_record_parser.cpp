#include "common/base/text.hpp"
#include "common/ipc/message.hpp"
#include "server/record/decision_record.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// Takes members out of a record; the first that is not as it should be is remembered.
class RecordReader {
 public:
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  std::string text(const Json& from, const char* key, bool required = true) {
    const auto* member = find(from, key, required);
    if (member == nullptr) return {};
    if (member->is_string()) return member->get<std::string>();
    return wrong(key), std::string{};
  }
  std::uint64_t number(const Json& from, const char* key, std::uint64_t most, bool required = true) {
    const auto* member = find(from, key, required);
    if (member == nullptr) return 0;
    if (member->is_number_unsigned() && member->get<std::uint64_t>() <= most) return member->get<std::uint64_t>();
    return wrong(key), 0U;
  }
  WallTime time(const Json& from, const char* key) { return optional_time(from, key, false).value_or(WallTime{}); }
  /// Null: `otherwise` is meant.
  std::optional<WallTime> optional_time(const Json& from, const char* key, bool may_be_null = true) {
    const auto* member = find(from, key, true);
    if (member == nullptr || (may_be_null && member->is_null())) return std::nullopt;
    const auto time = member->is_string() ? parse_utc(member->get_ref<const std::string&>()) : std::nullopt;
    if (!time) wrong(key);
    return time;
  }
  std::optional<RuleReference> rule(const Json& from, const char* key, bool required) {
    const auto* member = find(from, key, required);
    if (member == nullptr || member->is_null()) return std::nullopt;
    RuleReference rule;
    const auto kind = text(*member, "kind");
    if (kind != name_of(RuleKind::Allow) && kind != name_of(RuleKind::Deny)) wrong(key);
    rule.kind = kind == name_of(RuleKind::Allow) ? RuleKind::Allow : RuleKind::Deny;
    rule.name = text(*member, "name");
    rule.file = text(*member, "file");
    rule.line = static_cast<std::uint32_t>(number(*member, "line", UINT32_MAX));
    return rule;
  }
  PostureEvidence posture(const Json& from) {
    const auto* member = find(from, "posture", true);
    if (member == nullptr || member->is_null()) return {};
    if (member->is_object() && member->contains("satisfied")) return PostureEvidence{.satisfied = names(*member)};
    PostureReport report{.os = text(*member, "os"),
                         .os_version = text(*member, "os_version"),
                         .kernel_version = text(*member, "kernel_version"),
                         .facts = answers(*member, "facts", true),
                         .processes = answers(*member, "processes", false),
                         .files = answers(*member, "files", false)};
    return PostureEvidence{.report = std::move(report), .reported = time(*member, "reported"), .satisfied = {}};
  }
  const Json* find(const Json& from, const char* key, bool required) {
    const auto found = from.is_object() ? from.find(key) : from.end();
    if (from.is_object() && found != from.end()) return &*found;
    if (required) wrong(key);
    return nullptr;
  }
  void wrong(const char* key) {
    if (error_.empty()) error_ = std::string{"\""} + key + "\" is missing or not as this program writes it";
  }

 private:
  std::map<std::string, bool, std::less<>> answers(const Json& posture, const char* key, bool required) {
    std::map<std::string, bool, std::less<>> list;
    const auto* member = find(posture, key, required);
    if (member == nullptr) return list;
    if (!member->is_object()) return wrong(key), list;
    for (const auto& [name, value] : member->items()) {
      if (!value.is_boolean()) wrong(key);
      list[name] = value == true;
    }
    return list;
  }
  std::vector<std::string> names(const Json& posture) {
    std::vector<std::string> list;
    const auto& satisfied = posture.at("satisfied");
    if (!satisfied.is_array()) wrong("satisfied");
    for (const auto& each : satisfied) {
      if (each.is_string())
        list.push_back(each.get<std::string>());
      else
        wrong("satisfied");
    }
    return list;
  }
  std::string error_;
};

void read_kind(RecordReader& reader, const Json& json, DecisionRecord& record) {
  const auto event = reader.text(json, "event");
  if (event == "opened")
    record.kind = DecisionKind::Opened;
  else if (event == "ended")
    record.kind = DecisionKind::Ended;
  else if (event != "refused")
    reader.wrong("event");
}

void read_evidence(RecordReader& reader, const Json& json, Evidence& evidence) {
  evidence.user = UserId{reader.text(json, "user")};
  evidence.device = DeviceId{reader.text(json, "device")};
  const auto from = IpAddress::parse(reader.text(json, "from"));
  if (!from) reader.wrong("from");
  evidence.source = from.value_or(IpAddress{});
  const auto* dated = reader.find(json, "evidence", true);
  if (dated == nullptr) return;
  evidence.certificate_expires = reader.optional_time(*dated, "certificate_expires").value_or(kNever);
  evidence.key_proved = reader.optional_time(*dated, "key_proved");
  evidence.user_proved = reader.optional_time(*dated, "user_proved");
  evidence.revocation_as_of = reader.optional_time(*dated, "revocation_as_of");
  evidence.posture = reader.posture(*dated);
  evidence.hours_known = !dated->is_object() || !dated->contains("hours_known");
}

void read_decision(RecordReader& reader, const Json& json, DecisionRecord& record) {
  const auto destination = Destination::parse(reader.text(json, "to"));
  if (!destination) reader.wrong("to");
  if (destination) record.destination = *destination;
  const auto verdict = reader.text(json, "verdict");
  if (verdict != name_of(Verdict::Allow) && verdict != name_of(Verdict::Deny)) reader.wrong("verdict");
  record.verdict = verdict == name_of(Verdict::Allow) ? Verdict::Allow : Verdict::Deny;
  record.reason = reader.text(json, "reason");
  record.rule = reader.rule(json, "rule", true);
  record.shadow = reader.rule(json, "shadow", false);
  record.valid_until = reader.optional_time(json, "valid_until").value_or(kNever);
  record.code = reader.text(json, "code", false);
  record.policy = reader.text(json, "policy");
}

void read_end(RecordReader& reader, const Json& json, DecisionRecord& record) {
  record.end = reader.text(json, "end");
  record.since = reader.time(json, "since");
  record.traffic =
      FlowTraffic{reader.number(json, "packets_in", UINT64_MAX), reader.number(json, "bytes_in", UINT64_MAX),
                  reader.number(json, "packets_out", UINT64_MAX), reader.number(json, "bytes_out", UINT64_MAX)};
}

}  // namespace

Result<DecisionRecord, std::string> parse_decision_record(std::string_view line) {
  const auto json = parse_message(line);
  if (!json) return fail(std::string{describe(json.error())});
  RecordReader reader;
  DecisionRecord record;
  if (reader.number(*json, "v", 1) != 1) reader.wrong("v");
  read_kind(reader, *json, record);
  record.time = reader.time(*json, "time");
  record.session = SessionId{reader.number(*json, "session", UINT64_MAX)};
  record.client_port = static_cast<std::uint16_t>(reader.number(*json, "client_port", UINT16_MAX, false));
  read_evidence(reader, *json, record.evidence);
  read_decision(reader, *json, record);
  if (record.kind == DecisionKind::Ended) read_end(reader, *json, record);
  if (!reader.error().empty()) return fail(reader.error());
  return record;
}

}  // namespace sallyport
