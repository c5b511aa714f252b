#include "client/config/client_config_loader.hpp"

#include "client/config/config_table.hpp"
#include "client/config/trusted_file.hpp"
#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "common/pki/token_uri.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sallyport {
namespace {

constexpr std::size_t kMaxConfigSize = 1U << 20U;
/// A device name in the kernel has 15 characters.
constexpr std::size_t kMaxInterfaceName = 15;

bool is_interface_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxInterfaceName && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

std::string path_or(ConfigTable& table, std::string_view key, std::string fallback) {
  auto path = table.text(key);
  if (!path) return fallback;
  if (!path->value.starts_with('/')) table.complain(path->place, std::string{key} + " must be an absolute path");
  return std::move(path->value);
}

/// A path, or the pkcs11: URI of a key on a token.
std::string key_or(ConfigTable& table, std::string fallback) {
  const auto key = table.text("key");
  if (!key || !TokenUri::is_one(key->value)) return path_or(table, "key", std::move(fallback));
  if (const auto uri = TokenUri::parse(key->value); !uri) table.complain(key->place, to_string(uri.error()));
  return key->value;
}

void read_gateway(ConfigTable& table, Profile& profile) {
  const auto gateway = table.required_text("gateway", "gateway = \"vpn.example.com:443\"");
  const auto name = table.text("name");
  if (!gateway) return;
  const auto endpoint = GatewayEndpoint::parse(gateway->value);
  if (!endpoint) {
    table.complain(gateway->place, '"' + escape_untrusted(gateway->value) + "\" is not HOST:PORT",
                   "examples: \"vpn.example.com:443\", \"192.0.2.1:443\", \"[2001:db8::1]:443\"");
    return;
  }
  profile.gateway = *endpoint;
  profile.server_name = name ? lower_ascii(name->value) : endpoint->host;
  if (!IpAddress::parse(profile.server_name) && GatewayEndpoint::parse(profile.server_name + ":1")) return;
  table.complain(name ? name->place : gateway->place, "no DNS name to expect in the gateway's certificate",
                 "add: name = \"vpn.example.com\"");
}

void read_interface(ConfigTable& table, Profile& profile) {
  const auto interface = table.text("interface");
  if (!interface) return;
  profile.interface = interface->value;
  if (!is_interface_name(profile.interface)) {
    table.complain(interface->place, '"' + escape_untrusted(profile.interface) + "\" cannot name an interface",
                   "at most 15 letters, digits, '-', '_' and '.'");
  }
}

void complain_prefix(ConfigTable& table, const LocatedText& text) {
  const auto slash = text.value.find('/');
  const auto address = IpAddress::parse(std::string_view{text.value}.substr(0, slash));
  const auto length =
      slash == std::string::npos ? std::nullopt : parse_decimal(std::string_view{text.value}.substr(slash + 1), 128);
  std::string hint;
  if (address && length && *length <= address->bit_width()) {
    hint = "did you mean \"" + IpPrefix::around(*address, *length).to_string() + "\"?";
  }
  table.complain(text.place, '"' + escape_untrusted(text.value) + "\" is not a network prefix", hint);
}

void read_routes(ConfigTable& table, Profile& profile) {
  profile.allow_default_route = table.flag("allow_default_route").value_or(false);
  const auto routes = table.texts("allow_routes");
  if (!routes) return;
  if (routes->empty()) {
    table.complain(table.place_of("allow_routes"), "an empty allow_routes would leave no network to reach",
                   "remove the key to take what the gateway offers, apart from forbidden classes");
  }
  for (const auto& text : *routes) {
    if (const auto prefix = IpPrefix::parse(text.value)) {
      profile.allow_routes.push_back(*prefix);
    } else {
      complain_prefix(table, text);
    }
  }
}

void read_congestion(ConfigTable& table, Profile& profile) {
  const auto name = table.text("congestion");
  if (!name) return;
  profile.congestion = name->value;
  if (is_congestion_name(profile.congestion)) return;
  table.complain(name->place, '"' + escape_untrusted(profile.congestion) + "\" cannot name a congestion control",
                 "\"bbr\", \"system\", or a name in the sysctl net.ipv4.tcp_available_congestion_control");
}

Profile read_profile(ConfigTable table, std::string name, const std::string& state) {
  Profile profile;
  profile.name = std::move(name);
  read_gateway(table, profile);
  profile.ca = path_or(table, "ca", default_ca_path(state));
  profile.certificate = path_or(table, "certificate", default_certificate_path(state));
  profile.key = key_or(table, default_key_path(state));
  read_interface(table, profile);
  read_routes(table, profile);
  read_congestion(table, profile);
  table.finish();
  return profile;
}

ClientConfig read_config(const toml::table& document, const std::string& file, Diagnostics& diagnostics) {
  ClientConfig config;
  ConfigTable table{document, {}, file, diagnostics};
  table.require_version(1);
  config.state = path_or(table, "state", config.state);
  config.runtime = path_or(table, "runtime", config.runtime);
  table.for_each_table("profile", [&](const toml::key& name, const toml::table& profile) {
    if (!is_profile_name(name.str())) {
      table.complain(name.source(), '"' + escape_untrusted(name.str()) + "\" cannot name a profile",
                     "at most 32 of a-z, 0-9 and '-'");
      return;
    }
    ConfigTable inner{profile, "profile." + std::string{name.str()}, file, diagnostics};
    config.profiles.emplace(name.str(), read_profile(std::move(inner), std::string{name.str()}, config.state));
  });
  table.finish();
  return config;
}

void sort_by_place(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair{a.line, a.column} < std::pair{b.line, b.column};
  });
}

}  // namespace

Result<ClientConfig, Diagnostics> parse_client_config(std::string_view text, const std::string& file) {
  const auto document = toml::parse(text, file);
  if (!document) {
    const auto& error = document.error();
    return fail(Diagnostics{
        {file, error.source().begin.line, error.source().begin.column, escape_quoting(error.description()), {}}});
  }
  Diagnostics diagnostics;
  auto config = read_config(document.table(), file, diagnostics);
  if (diagnostics.empty()) return config;
  sort_by_place(diagnostics);
  return fail(std::move(diagnostics));
}

Result<ClientConfig, Diagnostics> load_client_config(const std::string& path) {
  if (const auto trusted = require_trusted_file(path); !trusted) {
    const bool is_missing = ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    return fail(Diagnostics{{path, 0, 0, trusted.error().message,
                             is_missing ? "docs/quickstart.md section 3 has one; or name another: --config" : ""}});
  }
  const auto text = read_file(path, kMaxConfigSize);
  if (!text) return fail(Diagnostics{{path, 0, 0, text.error().message, {}}});
  return parse_client_config(*text, path);
}

}  // namespace sallyport
