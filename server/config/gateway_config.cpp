#include "server/config/gateway_config.hpp"

#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "common/pki/certificate_authority.hpp"
#include "server/config/authority_reader.hpp"
#include "server/config/config_reader.hpp"
#include "server/config/config_values.hpp"
#include "server/config/pool_reader.hpp"
#include "server/policy/age_limit.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sallyport {
namespace {

constexpr std::int64_t kConfigVersion = 1;
constexpr unsigned kMinMtu = 1280;  // RFC 8200 section 5
constexpr unsigned kMaxMtu = 65535;
constexpr unsigned kMaxLimit = 1'000'000;
constexpr unsigned kMaxAuditMib = 1024;
constexpr unsigned kMaxAuditFiles = 5000;
/// Below this a laptop does nothing but open sessions.
constexpr std::chrono::seconds kShortestSession{2};
constexpr std::chrono::seconds kShortestSilence{3};
constexpr std::chrono::seconds kLongestSilence = std::chrono::minutes{10};
void read_version(ConfigReader& reader) {
  const auto* node = reader.find({"", "version"});
  if (node == nullptr || node->value<std::int64_t>() == kConfigVersion) return;
  reader.complain(node->source(), "this program reads version 1 of this file only", "write: version = 1");
}

std::vector<Endpoint> read_listen(ConfigReader& reader) {
  constexpr KeyPath kKey{"", "listen"};
  if (reader.find(kKey) == nullptr) return {*Endpoint::parse("[::]:443")};
  return read_endpoints(reader, kKey);
}

void read_runtime(ConfigReader& reader, GatewayConfig& config) {
  config.runtime = read_path(reader, {"", "runtime"}, config.runtime);
  if (config.control_socket().size() < sizeof sockaddr_un::sun_path) return;
  reader.complain(reader.find({"", "runtime"})->source(), "runtime is too long for the path of a socket",
                  "at most 94 characters");
}

/// A path, or false: none.
std::string read_decisions_path(ConfigReader& reader, std::string fallback) {
  const auto* node = reader.find({"", "decisions"});
  const auto* flag = node == nullptr ? nullptr : node->as_boolean();
  if (flag == nullptr) return read_path(reader, {"", "decisions"}, std::move(fallback));
  return flag->get() ? fallback : std::string{};
}

/// audit = PATH, or file = PATH in the section of that name.
std::string read_audit_path(ConfigReader& reader, std::string fallback) {
  const auto* node = reader.find({"", "audit"});
  const bool is_path = node != nullptr && node->is_string();
  return read_path(reader, is_path ? KeyPath{"", "audit"} : KeyPath{"audit", "file"}, std::move(fallback));
}

void read_paths(ConfigReader& reader, GatewayConfig& config) {
  config.policy_directory = read_path(reader, {"", "policy"}, config.policy_directory);
  config.state = read_path(reader, {"", "state"}, config.state);
  read_runtime(reader, config);
  config.certificate = read_path(reader, {"", "certificate"}, config.state + "/gateway.pem");
  config.key = read_path(reader, {"", "key"}, config.state + "/gateway.key");
  config.ca = read_path(reader, {"", "ca"}, config.ca_directory() + "/ca.pem");
  config.crl = read_path(reader, {"", "crl"}, config.state + "/crl.pem");
  config.crl_number = config.state + "/crl.number";
  config.audit = read_audit_path(reader, config.state + "/audit.jsonl");
  config.decisions = read_decisions_path(reader, config.state + "/decisions.jsonl");
}

std::optional<MasqueradeSettings> read_masquerade(ConfigReader& reader) {
  constexpr KeyPath kKey{"", "masquerade"};
  const auto* node = reader.find(kKey);
  if (node == nullptr) return std::nullopt;
  if (const auto* flag = node->as_boolean()) {
    return flag->get() ? std::optional<MasqueradeSettings>{MasqueradeSettings{}} : std::nullopt;
  }
  if (node->is_string()) {
    auto interface = read_interface(reader, kKey);
    return interface ? std::optional{MasqueradeSettings{std::move(*interface)}} : std::nullopt;
  }
  reader.complain(node->source(), "masquerade must be true, false or the name of an interface");
  return std::nullopt;
}

TunSettings read_tun(ConfigReader& reader) {
  TunSettings tun;
  tun.name = read_interface(reader, {"tun", "name"}).value_or(tun.name);
  tun.mtu = reader.number({"tun", "mtu"}, kMinMtu, kMaxMtu).value_or(tun.mtu);
  return tun;
}

GatewayLimits read_limits(ConfigReader& reader) {
  GatewayLimits limits;
  const auto read = [&reader](std::string_view name, unsigned& limit) {
    limit = reader.number({"limits", name}, 1, kMaxLimit).value_or(limit);
  };
  read("handshakes_per_second_per_source", limits.handshakes_per_second_per_source);
  read("burst", limits.burst);
  read("half_open", limits.half_open);
  read("sessions", limits.sessions);
  return limits;
}

ThreadSettings read_threads(ConfigReader& reader) {
  ThreadSettings threads;
  threads.workers = reader.number({"threads", "workers"}, 1, kMaxWorkers);
  threads.handshakes = reader.number({"threads", "handshakes"}, 1, kMaxHandshakeThreads).value_or(threads.handshakes);
  return threads;
}

std::string read_congestion(ConfigReader& reader, std::string fallback) {
  const auto text = reader.text({"", "congestion"});
  if (!text) return fallback;
  if (is_congestion_name(text->value)) return text->value;
  reader.complain(text->place, in_quotes(text->value) + " cannot name a congestion control",
                  "\"bbr\", \"system\", or a name in the sysctl net.ipv4.tcp_available_congestion_control");
  return fallback;
}

AuditSettings read_audit(ConfigReader& reader) {
  AuditSettings audit;
  const auto on_full = reader.text({"audit", "on_full"});
  if (on_full && on_full->value == "continue")
    audit.on_full = OnAuditFull::Continue;
  else if (on_full && on_full->value != "refuse_new")
    reader.complain(on_full->place, in_quotes(on_full->value) + " says nothing", "\"refuse_new\" or \"continue\"");
  audit.grace = read_duration(reader, {"audit", "grace"}, audit.grace);
  audit.file_mib = reader.number({"audit", "file_mib"}, 1, kMaxAuditMib).value_or(audit.file_mib);
  audit.files = reader.number({"audit", "files"}, 2, kMaxAuditFiles).value_or(audit.files);
  return audit;
}

SessionSettings read_sessions(ConfigReader& reader) {
  SessionSettings settings;
  settings.lifetime = read_limit(reader, {"sessions", "lifetime"}, kShortestSession, settings.lifetime);
  settings.idle_limit = read_limit(reader, {"sessions", "idle_limit"}, kShortestSession, settings.idle_limit);
  constexpr KeyPath kDeadPeer{"sessions", "dead_peer"};
  settings.dead_peer = read_duration(reader, kDeadPeer, settings.dead_peer);
  if (settings.dead_peer < kShortestSilence || settings.dead_peer > kLongestSilence) {
    reader.complain(reader.find(kDeadPeer)->source(), "dead_peer must be from 3s to 10m", "usual: \"30s\"");
  }
  settings.per_user = reader.number({"sessions", "per_user"}, 1, kMaxLimit);
  settings.per_user_full = read_choice(reader, {"sessions", "per_user_full"},
                                       std::array{PerUserFull::Refuse, PerUserFull::EndOldest}, settings.per_user_full);
  settings.source_change =
      read_choice(reader, {"sessions", "source_change"},
                  std::array{SourceChange::Allow, SourceChange::Audit, SourceChange::Prove, SourceChange::Refuse},
                  settings.source_change);
  return settings;
}

std::chrono::seconds read_lifetime(ConfigReader& reader) {
  constexpr KeyPath kKey{"enrolment", "lifetime"};
  const auto lifetime = read_duration(reader, kKey, kDefaultDeviceLifetime);
  if (lifetime >= kShortestLifetime) return lifetime;
  reader.complain(reader.find(kKey)->source(), "no certificate lives less than a minute", "usual: \"90d\"");
  return kDefaultDeviceLifetime;
}

std::optional<EnrolmentSettings> read_enrolment(ConfigReader& reader, const GatewayConfig& config) {
  constexpr KeyPath kListen{"enrolment", "listen"};
  if (reader.find({"", "enrolment"}) == nullptr) return std::nullopt;
  EnrolmentSettings settings;
  if (reader.find(kListen) != nullptr) settings.listen = read_endpoints(reader, kListen);
  for (const auto& endpoint : settings.listen) {
    if (std::find(config.listen.begin(), config.listen.end(), endpoint) == config.listen.end()) continue;
    reader.complain(reader.find(kListen)->source(), endpoint.to_string() + " is where clients connect already",
                    "enrolment has a door of its own; example: \"[::]:8443\"");
  }
  settings.lifetime = read_lifetime(reader);
  settings.renew_grace = read_duration(reader, {"enrolment", "renew_grace"}, {});
  settings.ca_certificate = read_path(reader, {"enrolment", "ca_certificate"}, config.ca_directory() + "/ca.pem");
  settings.ca_key = read_path(reader, {"enrolment", "ca_key"}, config.ca_directory() + "/ca.key");
  return settings;
}

/// Whoever reaches the listener reads all of it: that this is more than this machine has to be said in words.
MetricsSettings read_metrics(ConfigReader& reader, const GatewayConfig& config) {
  constexpr KeyPath kListen{"metrics", "listen"};
  MetricsSettings settings;
  settings.readers = read_choice(reader, {"metrics", "readers"},
                                 std::array{MetricsReaders::ThisMachine, MetricsReaders::Everybody}, settings.readers);
  if (reader.find(kListen) != nullptr) settings.listen = read_endpoints(reader, kListen);
  const auto taken = [&config](const Endpoint& endpoint) {
    const auto is_in = [&](const std::vector<Endpoint>& list) {
      return std::find(list.begin(), list.end(), endpoint) != list.end();
    };
    return is_in(config.listen) || (config.enrolment && is_in(config.enrolment->listen));
  };
  for (const auto& endpoint : settings.listen) {
    if (taken(endpoint)) {
      reader.complain(reader.find(kListen)->source(), endpoint.to_string() + " is taken by another listener already",
                      "metrics have a listener of their own; example: \"127.0.0.1:9469\"");
    } else if (settings.readers == MetricsReaders::ThisMachine && !endpoint.address.is_loopback()) {
      reader.complain(reader.find(kListen)->source(),
                      endpoint.to_string() + " is reached from other machines, and there is no password",
                      "listen at \"127.0.0.1:9469\"; or, if everybody who reaches it may read it, add: readers = "
                      "\"everybody_who_connects\"");
    }
  }
  return settings;
}

GatewayConfig read_config(ConfigReader& reader) {
  GatewayConfig config;
  read_version(reader);
  config.name = read_host_name(reader, {"", "name"});
  config.trust_domain = read_host_name(reader, {"", "trust_domain"});
  config.listen = read_listen(reader);
  config.pool = read_pool(reader);
  read_paths(reader, config);
  config.crl_required = reader.flag({"", "crl_required"}).value_or(true);
  config.crl_grace = read_duration(reader, {"", "crl_grace"}, {});
  config.strand_limit = reader.number({"", "strand_limit"}, 0, kMaxLimit).value_or(0);
  config.authorities = read_authorities(reader);
  config.audit_settings = read_audit(reader);
  config.enrolment = read_enrolment(reader, config);
  config.masquerade = read_masquerade(reader);
  config.tun = read_tun(reader);
  config.congestion = read_congestion(reader, config.congestion);
  config.limits = read_limits(reader);
  config.threads = read_threads(reader);
  config.sessions = read_sessions(reader);
  config.metrics = read_metrics(reader, config);
  reader.check_keys();
  return config;
}

}  // namespace

std::string_view name_of(PerUserFull rule) noexcept {
  switch (rule) {
    case PerUserFull::Refuse:
      return "refuse";
    case PerUserFull::EndOldest:
      return "end_oldest";
  }
  return "unknown";
}

std::string_view name_of(SourceChange rule) noexcept {
  switch (rule) {
    case SourceChange::Allow:
      return "allow";
    case SourceChange::Audit:
      return "audit";
    case SourceChange::Prove:
      return "prove";
    case SourceChange::Refuse:
      return "refuse";
  }
  return "unknown";
}

std::string_view name_of(MetricsReaders readers) noexcept {
  return readers == MetricsReaders::ThisMachine ? "this_machine" : "everybody_who_connects";
}

Result<GatewayConfig, Diagnostics> parse_gateway_config(std::string_view text, const std::string& file) {
  const auto document = toml::parse(text, file);
  if (!document) {
    const auto& error = document.error();
    const auto place = error.source().begin;
    return fail(Diagnostics{{file, place.line, place.column, escape_quoting(error.description()), {}}});
  }
  ConfigReader reader{document.table(), file};
  auto config = read_config(reader);
  auto diagnostics = reader.take_diagnostics();
  if (!diagnostics.empty()) return fail(std::move(diagnostics));
  return config;
}

Result<GatewayConfig, Diagnostics> load_gateway_config(const std::string& path) {
  if (const auto trusted = require_trusted_path(path); !trusted) {
    const bool is_missing = ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    return fail(Diagnostics{{path, 0, 0, trusted.error().message,
                             is_missing ? "README has one of six lines; or name another: --config" : ""}});
  }
  const auto text = read_file(path, kMaxGatewayConfigSize);
  if (!text) return fail(Diagnostics{{path, 0, 0, text.error().message, {}}});
  return parse_gateway_config(*text, path);
}

}  // namespace sallyport
