#include "server/authority/rotation.hpp"

#include "common/base/base64.hpp"
#include "common/wire/authorities.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxRecord = 64U << 10U;
constexpr std::array<std::string_view, 4> kPhases{"none", "spreading", "issuing", "retiring"};

std::string text_at(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string{};
}

std::optional<std::uint64_t> number_at(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_number_unsigned()) return std::nullopt;
  return member->get<std::uint64_t>();
}

std::optional<RotationPhase> phase_of(const std::string& name) {
  const auto found = std::find(kPhases.begin(), kPhases.end(), name);
  if (found == kPhases.end()) return std::nullopt;
  return static_cast<RotationPhase>(found - kPhases.begin());
}

bool take_retired(const Json& object, Rotation& rotation) {
  const auto list = object.find("retired");
  if (list == object.end() || !list->is_array() || list->size() > kMaxRetiredKept) return false;
  for (const auto& each : *list) {
    if (!each.is_string() || !is_fingerprint(each.get_ref<const std::string&>())) return false;
    rotation.retired.push_back(each.get<std::string>());
  }
  return true;
}

bool is_key_id(const std::string& text) {
  constexpr std::size_t kKeyId = 40;
  return text.size() == kKeyId && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Absent in records of before they were written down.
bool take_retired_keys(const Json& object, Rotation& rotation) {
  const auto list = object.find("retired_keys");
  if (list == object.end()) return true;
  if (!list->is_array() || list->size() > kMaxRetiredKeys) return false;
  for (const auto& each : *list) {
    if (!each.is_string() || !is_key_id(each.get_ref<const std::string&>())) return false;
    rotation.retired_keys.push_back(each.get<std::string>());
  }
  return true;
}

/// Absent in records of before it was signed.
bool take_retirement(const Json& object, Rotation& rotation) {
  if (!object.contains("retirement")) return true;
  auto octets = from_base64(text_at(object, "retirement"));
  if (!octets || octets->empty() || octets->size() > kMaxRetirementSize) return false;
  rotation.retirement = std::move(*octets);
  return true;
}

void append_newest(std::vector<std::string>& list, const std::string& text, std::size_t most) {
  std::erase(list, text);
  list.push_back(text);
  if (list.size() > most) list.erase(list.begin());
}

/// Both authorities are named exactly while they are two.
bool is_consistent(const Rotation& rotation) {
  if (!rotation.is_under_way()) return rotation.current.empty() && rotation.next.empty();
  return is_fingerprint(rotation.current) && is_fingerprint(rotation.next) && rotation.current != rotation.next;
}

/// What cannot be looked at is no absence: an authority that was retired would count again.
bool is_absent(const std::string& path) {
  return ::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

std::string copy_beside(const GatewayConfig& config, const std::string& own) {
  const bool has_copy = config.enrolment && config.enrolment->ca_key != config.ca_directory() + "/ca.key";
  return has_copy ? config.enrolment->ca_key + ".next" : own;
}

}  // namespace

std::string_view name_of(RotationPhase phase) noexcept { return kPhases[static_cast<std::size_t>(phase)]; }

void Rotation::retire(const std::string& fingerprint, const std::string& key_id) {
  append_newest(retired, fingerprint, kMaxRetiredKept);
  retirement.clear();
  if (!key_id.empty()) append_newest(retired_keys, key_id, kMaxRetiredKeys);
}

RotationFiles::RotationFiles(const GatewayConfig& config)
    : record{config.ca_directory() + "/rotation.json"},
      directory{config.ca_directory() + "/next"},
      certificate{directory + "/ca.pem"},
      key{directory + "/ca.key"},
      vouched{directory + "/vouched.pem"},
      both{directory + "/both.pem"},
      list{directory + "/crl.pem"},
      gateway{directory + "/gateway.pem"},
      issuing_key{copy_beside(config, key)} {}

Result<Rotation, std::string> parse_rotation(std::string_view text) {
  const auto damaged = [] {
    return fail(std::string{"the record of the change of authorities is damaged; restore it from a backup"});
  };
  const auto object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || object.value("v", Json{}) != 1) return damaged();
  const auto phase = phase_of(text_at(object, "phase"));
  const auto generation = number_at(object, "generation");
  const auto begun = parse_utc(text_at(object, "begun_at"));
  const auto within = number_at(object, "renew_within");
  const auto most = static_cast<std::uint64_t>(std::chrono::seconds{kMaxRenewWithin}.count());
  if (!phase || !generation || !begun || !within || *within == 0 || *within > most) return damaged();
  Rotation rotation{.phase = *phase,
                    .generation = *generation,
                    .current = text_at(object, "current"),
                    .next = text_at(object, "next"),
                    .begun_at = *begun,
                    .renew_within = std::chrono::seconds{*within},
                    .retired = {}};
  if (!take_retired(object, rotation) || !take_retired_keys(object, rotation)) return damaged();
  if (!take_retirement(object, rotation)) return damaged();
  if (!is_consistent(rotation)) return damaged();
  return rotation;
}

std::string to_text(const Rotation& rotation) {
  Json object{{"v", 1},
              {"phase", name_of(rotation.phase)},
              {"generation", rotation.generation},
              {"current", rotation.current},
              {"next", rotation.next},
              {"begun_at", format_utc(rotation.begun_at)},
              {"renew_within", rotation.renew_within.count()},
              {"retired", rotation.retired},
              {"retired_keys", rotation.retired_keys}};
  if (!rotation.retirement.empty()) object["retirement"] = to_base64(rotation.retirement);
  return object.dump(2) + '\n';
}

Result<Rotation, FileError> load_rotation(const GatewayConfig& config) {
  const RotationFiles files{config};
  if (is_absent(files.record)) return Rotation{};
  if (auto trusted = require_trusted_path(files.record); !trusted) return fail(trusted.error());
  const auto text = read_file(files.record, kMaxRecord);
  if (!text) return fail(text.error());
  auto rotation = parse_rotation(*text);
  if (!rotation) return fail(FileError{files.record, rotation.error()});
  return std::move(*rotation);
}

Result<void, FileError> store_rotation(const GatewayConfig& config, const Rotation& rotation) {
  return write_file_atomically(RotationFiles{config}.record, to_text(rotation));
}

AuthorityFiles signing_files(const GatewayConfig& config, const Rotation& rotation) {
  const RotationFiles files{config};
  if (rotation.phase == RotationPhase::Retiring) return {files.certificate, files.key};
  return {config.ca_directory() + "/ca.pem", config.ca_directory() + "/ca.key"};
}

}  // namespace sallyport
