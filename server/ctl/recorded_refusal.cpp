#include "server/ctl/recorded_refusal.hpp"

#include "server/ctl/gateway_link.hpp"
#include "server/history/policy_store.hpp"
#include "server/policy/explain.hpp"
#include "server/policy/loader.hpp"
#include "server/record/decision_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// What log rotation makes of a file is named after it: "audit.jsonl.1", "audit.jsonl-20261127". Newest first.
constexpr std::size_t kMaxRotated = 64;

std::vector<std::filesystem::path> with_rotated(const std::filesystem::path& path) {
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> rotated;
  const auto name = path.filename().string();
  std::error_code error;
  std::filesystem::directory_iterator entry{path.parent_path(), error};
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const auto each = entry->path().filename().string();
    if (!each.starts_with(name + '.') && !each.starts_with(name + '-')) continue;
    std::error_code unknown;
    rotated.emplace_back(entry->last_write_time(unknown), entry->path());
  }
  std::sort(rotated.rbegin(), rotated.rend());
  if (rotated.size() > kMaxRotated) rotated.resize(kMaxRotated);
  std::vector<std::filesystem::path> files{path};
  for (auto& [time, each] : rotated) files.push_back(std::move(each));
  return files;
}

/// The last one, and how many there are.
template <class T>
struct Found {
  std::optional<T> latest;
  std::size_t count = 0;
};

/// In the newest audit file that has a record with this reference.
Result<Found<Json>, FileError> find_in_audit(const std::string& path, const std::string& code) {
  Found<Json> found;
  for (const auto& file : with_rotated(path)) {
    const auto read = read_lines(file.string(), [&](std::size_t, std::string_view line) {
      if (line.find(code) == std::string_view::npos) return;
      auto record = Json::parse(line, nullptr, false);
      if (!record.is_object() || text_of(record, "reference") != code) return;
      ++found.count;
      found.latest = std::move(record);
    });
    if (!read) return fail(read.error());
    if (found.latest) break;
  }
  return found;
}

struct KeptPolicy {
  std::shared_ptr<const Policy> policy;
  VersionNumber version{};
};

/// The policy with this hash, as the gateway's history keeps it.
std::optional<KeptPolicy> find_in_history(const GatewayConfig& config, const std::string& hash) {
  const PolicyStore store{config.policy_history()};
  const auto record = store.load();
  if (!record || !*record) return std::nullopt;
  const auto& versions = (*record)->versions();
  const auto version = std::find_if(versions.rbegin(), versions.rend(),
                                    [&hash](const PolicyVersion& each) { return each.hash == hash; });
  if (version == versions.rend()) return std::nullopt;
  const auto packed = store.files(version->digest);
  const auto files = packed ? unpack_policy(packed->octets, config.policy_directory + '/')
                            : Result<std::vector<PolicyFile>, std::string>{fail(std::string{})};
  const auto loaded = files ? load_policy_texts(*files) : fail(Diagnostics{});
  if (!loaded || loaded->policy->hash() != hash) return std::nullopt;
  return KeptPolicy{loaded->policy, version->number};
}

Result<Found<DecisionRecord>, FileError> find_in_decisions(const std::string& path, const std::string& code) {
  Found<DecisionRecord> found;
  if (path.empty()) return found;
  const auto read = read_decisions(path, WallTime{}, [&](const DecisionRecord& record) {
    if (record.kind != DecisionKind::Refused || record.code != code) return;
    ++found.count;
    found.latest = record;
  });
  if (!read) return fail(read.error());
  return found;
}

/// Whether the audit record is of another refusal with the same code, and of a later one.
bool is_later(const Json& audit, const DecisionRecord& decision) {
  const bool is_same = number_of(audit, "session") == static_cast<std::uint64_t>(decision.session) &&
                       text_of(audit, "destination") == to_string(decision.destination);
  const auto time = parse_utc(text_of(audit, "time"));
  return !is_same && time && *time > decision.time;
}

Json answer_of(const Json& audit) {
  return {{"time", text_of(audit, "time")},
          {"event", text_of(audit, "event")},
          {"user", text_of(audit, "user")},
          {"device", text_of(audit, "device")},
          {"session", number_of(audit, "session")},
          {"source", text_of(audit, "source")},
          {"destination", text_of(audit, "destination")},
          {"reason", text_of(audit, "reason")},
          {"rule", audit.contains("rule") ? Json(text_of(audit, "rule")) : Json(nullptr)},
          {"policy", text_of(audit, "policy")}};
}

/// By the recorded evidence and at the recorded time; under another policy it is not what happened.
void explain_by_files(Json& answer, const DecisionRecord& record, const GatewayConfig& config) {
  const auto add = [&](const char* name, const Policy& policy) {
    answer[name] = to_json(explain(policy, record.evidence, record.destination, record.time));
  };
  const auto loaded = load_policy(config.policy_directory);
  if (loaded && loaded->policy->hash() == record.policy) return add("explanation", *loaded->policy);
  if (const auto kept = find_in_history(config, record.policy)) {
    answer["policy_version"] = static_cast<std::uint64_t>(kept->version);
    return add("explanation", *kept->policy);
  }
  if (loaded) add("explanation_by_files", *loaded->policy);
}

void add_decision(Json& answer, const DecisionRecord& record, const GatewayConfig& config) {
  const auto json = to_json(record);
  answer["time"] = json.at("time");
  answer["event"] = "flow.denied";
  for (const char* key : {"user", "device", "session", "reason", "policy", "evidence"}) answer[key] = json.at(key);
  answer["source"] = json.at("from");
  answer["destination"] = json.at("to");
  const auto& rule = json.at("rule");
  answer["rule"] = rule.is_object() ? rule.at("name") : Json(nullptr);
  for (const char* key : {"kind", "file", "line"}) answer[key] = rule.is_object() ? rule.at(key) : Json(nullptr);
  explain_by_files(answer, record, config);
}

}  // namespace

Result<std::optional<Json>, FileError> find_recorded_refusal(const GatewayConfig& config, const std::string& code) {
  const auto audit = find_in_audit(config.audit, code);
  if (!audit) return fail(audit.error());
  const auto decision = find_in_decisions(config.decisions, code);
  if (!decision) return fail(decision.error());
  if (!audit->latest && !decision->latest) return std::nullopt;
  Json answer = answer_of(audit->latest.value_or(Json::object()));
  answer["code"] = code;
  answer["told"] = std::max(audit->count, decision->count);
  answer["explanation"] = nullptr;
  const bool is_overtaken = audit->latest && decision->latest && is_later(*audit->latest, *decision->latest);
  if (decision->latest && !is_overtaken) add_decision(answer, *decision->latest, config);
  return answer;
}

}  // namespace sallyport
