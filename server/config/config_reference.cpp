#include "server/config/config_reference.hpp"

#include <fmt/format.h>

#include <array>

namespace sallyport {
namespace {

constexpr std::array kKeys{
    ConfigKey{"", "version", "", "1", "format of this file"},
    ConfigKey{"", "name", "", "\"vpn.example.com\"", "host name in the gateway certificate; clients check it"},
    ConfigKey{"", "trust_domain", "", "\"example.com\"", "the domain whose devices may connect"},
    ConfigKey{"", "pool", "", "[\"10.99.0.0/24\", \"fd12:3456:789a::/64\"]",
              "inside addresses of devices, at most one prefix of each family; the first host is the gateway"},
    ConfigKey{"", "listen", "\"[::]:443\"", "[\"[::]:443\"]", "where to accept clients; one or several ADDRESS:PORT"},
    ConfigKey{"", "policy", "/etc/sallyport/policy.d", "\"/etc/sallyport/policy.d\"",
              "directory of the access policy, *.toml"},
    ConfigKey{"", "state", "/var/lib/sallyport", "\"/var/lib/sallyport\"", "directory of everything that must survive"},
    ConfigKey{"", "runtime", "/run/sallyport", "\"/run/sallyport\"", "directory of the control socket"},
    ConfigKey{"", "certificate", "STATE/gateway.pem", "\"/var/lib/sallyport/gateway.pem\"",
              "certificate of this gateway"},
    ConfigKey{"", "key", "STATE/gateway.key", "\"/var/lib/sallyport/gateway.key\"", "its private key, mode 0600"},
    ConfigKey{"", "ca", "STATE/ca/ca.pem", "\"/var/lib/sallyport/ca/ca.pem\"", "authorities that certify devices"},
    ConfigKey{"", "crl", "STATE/crl.pem", "\"/var/lib/sallyport/crl.pem\"", "their revocation lists"},
    ConfigKey{"", "crl_required", "true", "true", "refuse everybody when there is no valid revocation list"},
    ConfigKey{"", "crl_grace", "none", "\"10m\"", "how long live sessions outlast an expired list; new ones never do"},
    ConfigKey{"", "strand_limit", "0", "0",
              "refuse new trust that would lock out more known devices than this (not those on a revocation list)"},
    ConfigKey{"", "decisions", "STATE/decisions.jsonl", "\"/var/lib/sallyport/decisions.jsonl\"",
              "record of decisions for policy replay, JSON lines, at most 4 files of 64 MiB; false: none"},
    ConfigKey{"", "masquerade", "false", "true",
              "hide devices behind the gateway's own address: true, or the interface towards the office"},
    ConfigKey{
        "", "congestion", "\"bbr\"", "\"bbr\"",
        "congestion control of the connections with clients: a name that the kernel has, or \"system\"; BBR begins "
        "where a round trip takes a millisecond or packets are lost"},
    ConfigKey{"audit", "file", "STATE/audit.jsonl", "\"/var/lib/sallyport/audit.jsonl\"",
              "record of every session and refusal, JSON lines; audit = PATH is the same"},
    ConfigKey{"audit", "on_full", "refuse_new", "\"refuse_new\"",
              "when it cannot be written: refuse_new sessions and end live ones after grace, or continue"},
    ConfigKey{"audit", "grace", "60s", "\"60s\"", "how long live sessions then stay"},
    ConfigKey{"audit", "file_mib", "64", "64", "size at which a file is set aside, in MiB"},
    ConfigKey{"audit", "files", "50", "50", "how many files are kept, with the one that is written"},
    ConfigKey{"enrolment", "listen", "none", "[\"[::]:8443\"]",
              "where devices without a certificate enrol by token; one or several ADDRESS:PORT"},
    ConfigKey{"enrolment", "lifetime", "90d", "\"90d\"", "how long an enrolled or renewed certificate lives"},
    ConfigKey{"enrolment", "renew_grace", "none", "\"14d\"",
              "how long an expired, not revoked device may still renew itself, and nothing else"},
    ConfigKey{"enrolment", "ca_certificate", "STATE/ca/ca.pem", "\"/var/lib/sallyport/ca/ca.pem\"",
              "certificate of the authority that certifies devices"},
    ConfigKey{"enrolment", "ca_key", "STATE/ca/ca.key", "\"/var/lib/sallyport/ca/ca.key\"",
              "its private key, readable by the gateway alone"},
    ConfigKey{"authority", "name", "none", "\"corp\"",
              "an authority beside our own ([[authority]], several); see docs/foreign-ca.md"},
    ConfigKey{"authority", "certificates", "none", "\"/etc/sallyport/corp.pem\"",
              "those that sign devices directly: a PEM file, or a directory of them"},
    ConfigKey{"authority", "identity", "none", "{ user = \"email\", device = \"cn\" }",
              "where its certificates say who holds them: uri = \"PATTERN with {user}, {device}\", user, device"},
    ConfigKey{"authority", "users", "none", "[\"*@example.com\"]", "whom it may name: addresses, or *@DOMAIN"},
    ConfigKey{"authority", "crl", "none", "[\"http://pki.example.com/corp.crl\"]",
              "its revocation lists: files, directories, http and https URLs"},
    ConfigKey{"authority", "crl_required", "true", "true", "refuse its devices when there is no valid list"},
    ConfigKey{"authority", "crl_grace", "none", "\"10m\"", "how long its live sessions outlast an expired list"},
    ConfigKey{"authority", "crl_interval", "5m", "\"5m\"", "between two looks at a URL"},
    ConfigKey{"authority", "crl_timeout", "10s", "\"10s\"", "for one look at a URL"},
    ConfigKey{"authority", "crl_max_size", "8", "8", "of what a source has, in MiB"},
    ConfigKey{"authority", "crl_ca", "the system's", "\"/etc/sallyport/web-ca.pem\"", "whom to trust for https URLs"},
    ConfigKey{"authority", "crl_proxy", "none", "\"http://proxy.example.com:3128\"",
              "proxy for URLs; the environment is not asked"},
    ConfigKey{"authority", "enrol_unknown", "false", "false",
              "record its devices at first sight, instead of only those added by sallyportctl"},
    ConfigKey{"authority", "enrol_unknown_limit", "1000", "1000",
              "how many so recorded devices there may be, 1 to 100000; those you revoked do not count"},
    ConfigKey{"tun", "name", "\"sallyport0\"", "\"sallyport0\"", "name of the tunnel interface"},
    ConfigKey{"tun", "mtu", "1500", "1500", "largest inside packet, 1280 to 65535 octets"},
    ConfigKey{"limits", "handshakes_per_second_per_source", "20", "20",
              "new connections of one source address in the long run"},
    ConfigKey{"limits", "burst", "5", "5", "... and at once"},
    ConfigKey{"limits", "half_open", "512", "512", "handshakes under way at the same time"},
    ConfigKey{"limits", "sessions", "1000", "1000", "devices connected at the same time"},
    ConfigKey{"threads", "workers", "one per core", "2",
              "threads that carry packets, 1 to 32; unset: one for each processor that the gateway may use"},
    ConfigKey{"threads", "handshakes", "1", "2", "threads that take new connections through TLS, 1 to 16"},
    ConfigKey{"sessions", "lifetime", "12h", "\"12h\"",
              "how long a session lasts before a new one, verified in full, must have taken over; \"none\": no limit"},
    ConfigKey{"sessions", "idle_limit", "none", "\"1h\"",
              "end sessions that carried no inside packet for so long; \"none\": never"},
    ConfigKey{"sessions", "dead_peer", "30s", "\"30s\"", "end sessions whose client is silent for so long"},
    ConfigKey{"sessions", "per_user", "no limit", "3", "devices of one person connected at the same time"},
    ConfigKey{"sessions", "per_user_full", "\"refuse\"", "\"end_oldest\"",
              "one device more: \"refuse\" it, or \"end_oldest\" session of that person"},
    ConfigKey{"sessions", "source_change", "\"audit\"", "\"prove\"",
              "a device connects from elsewhere than its live session: \"allow\", \"audit\", \"prove\" or \"refuse\""},
    ConfigKey{"metrics", "listen", "none", "\"127.0.0.1:9469\"",
              "where a monitoring system fetches /metrics by HTTP; one or several ADDRESS:PORT of this machine alone"},
    ConfigKey{"metrics", "readers", "\"this_machine\"", "\"everybody_who_connects\"",
              "who may: \"this_machine\" or, at any address, \"everybody_who_connects\"; there is no password"},
};

}  // namespace

std::span<const ConfigKey> gateway_config_keys() noexcept { return kKeys; }

const ConfigKey* find_gateway_config_key(std::string_view table, std::string_view name) noexcept {
  for (const auto& key : kKeys) {
    if (key.table == table && key.name == name) return &key;
  }
  return nullptr;
}

std::string full_name(const ConfigKey& key) {
  return key.table.empty() ? std::string{key.name} : fmt::format("[{}] {}", key.table, key.name);
}

std::string gateway_config_reference() {
  std::string text;
  for (const auto& key : kKeys) {
    text +=
        fmt::format("{:<42} {:<24} {}\n", full_name(key), key.is_required() ? "(required)" : key.fallback, key.meaning);
  }
  return text;
}

}  // namespace sallyport
