#include "server/config/authority_reader.hpp"

#include "common/base/text.hpp"
#include "server/config/config_values.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxAuthorities = 16;
constexpr std::size_t kMaxSources = 8;
constexpr std::size_t kMaxUrl = 2000;
constexpr std::size_t kMaxUsers = 1000;
constexpr std::size_t kMaxName = 40;
constexpr unsigned kMegaOctets = 8;
constexpr unsigned kMostUnknown = 100'000;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// http:// or https://, a host, no name and password in it, nothing that is not plain.
bool is_web_address(std::string_view text) {
  const auto scheme = text.starts_with("https://") ? 8U : text.starts_with("http://") ? 7U : 0U;
  if (scheme == 0 || text.size() > kMaxUrl) return false;
  const auto host = text.substr(scheme, text.find_first_of("/?#", scheme) - scheme);
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
  return is_plain && !host.empty() && host.find('@') == std::string_view::npos;
}

void read_name(ConfigReader& reader, AuthoritySettings& settings) {
  const auto text = reader.text({"", "name"});
  if (!text) return;
  settings.rules.name = text->value;
  if (is_name(text->value)) return;
  reader.complain(text->place, in_quotes(text->value) + " cannot name an authority",
                  "1 to 40 of a-z, 0-9 and '-'; example: \"corp\"");
}

void read_users(ConfigReader& reader, AuthoritySettings& settings) {
  for (const auto& text : reader.texts({"", "users"})) {
    auto pattern = UserPattern::parse(text.value);
    if (!pattern) {
      reader.complain(text.place, in_quotes(text.value) + ' ' + pattern.error(),
                      "whom this authority may name; examples: \"*@example.com\", \"ana@example.com\"");
    } else if (settings.rules.users.size() >= kMaxUsers) {
      return reader.complain(text.place, "more than 1000 entries", "name a domain: \"*@example.com\"");
    } else {
      settings.rules.users.push_back(std::move(*pattern));
    }
  }
}

void read_sources(ConfigReader& reader, AuthoritySettings& settings) {
  for (const auto& text : reader.texts({"", "crl"})) {
    if (!is_absolute_path(text.value) && !is_web_address(text.value)) {
      reader.complain(text.place, in_quotes(text.value) + " is no place of a revocation list",
                      "an absolute path of a file or directory, or http:// or https:// without a name and password");
    } else if (settings.crl.size() >= kMaxSources) {
      return reader.complain(text.place, "more than 8 sources");
    } else {
      settings.crl.push_back(text.value);
    }
  }
}

void read_fetching(ConfigReader& reader, AuthoritySettings& settings) {
  constexpr std::chrono::seconds kLongestTimeout{60};
  read_sources(reader, settings);
  settings.crl_interval = read_duration(reader, {"", "crl_interval"}, settings.crl_interval);
  settings.crl_timeout = read_duration(reader, {"", "crl_timeout"}, settings.crl_timeout);
  if (settings.crl_timeout > kLongestTimeout) {
    reader.complain(reader.find({"", "crl_timeout"})->source(), "crl_timeout is at most \"60s\"");
  }
  const auto size = reader.number({"", "crl_max_size"}, 1, kMegaOctets);
  if (size) settings.crl_max_size = std::size_t{*size} << 20U;
  settings.crl_ca = read_path(reader, {"", "crl_ca"}, {});
  const auto proxy = reader.text({"", "crl_proxy"});
  if (proxy && !is_web_address(proxy->value)) {
    reader.complain(proxy->place, in_quotes(proxy->value) + " is no proxy",
                    "example: \"http://proxy.example.com:3128\"");
  } else if (proxy) {
    settings.crl_proxy = proxy->value;
  }
}

struct IdentityText {
  std::optional<ConfigText> uri, user, device;
};

void take_user(ConfigReader& reader, const IdentityText& text, IdentityMapping& mapping) {
  const bool in_uri = mapping.uri && mapping.uri->names_user();
  mapping.user = in_uri ? UserSource::Uri : UserSource::Email;
  if (!text.user) return;
  if (text.user->value == "email" && !in_uri) return;
  if (text.user->value == "uri" && in_uri) return;
  reader.complain(text.user->place, "user = " + in_quotes(text.user->value) + " does not go with the rest of identity",
                  "\"email\" without {user} in uri, or \"uri\" with it");
}

void take_device(ConfigReader& reader, const toml::source_region& place, const IdentityText& text,
                 IdentityMapping& mapping) {
  const bool in_uri = mapping.uri && mapping.uri->names_device();
  const auto& value = text.device ? text.device->value : in_uri ? "uri" : "";
  if (in_uri && value == "uri") {
    mapping.device = DeviceSource::Uri;
  } else if (!in_uri && value == "cn") {
    mapping.device = DeviceSource::CommonName;
  } else if (!in_uri && value == "subject_serial") {
    mapping.device = DeviceSource::SubjectSerial;
  } else if (!in_uri && value == "certificate_serial") {
    mapping.device = DeviceSource::CertificateSerial;
  } else {
    reader.complain(text.device ? text.device->place : place,
                    text.device ? "device = " + in_quotes(value) + " does not go with the rest of identity"
                                : "identity does not say where the name of the device is",
                    "{device} in uri, or device = \"cn\", \"subject_serial\" or \"certificate_serial\"");
  }
}

void take_identity(ConfigReader& reader, const toml::source_region& place, const IdentityText& text,
                   AuthoritySettings& settings) {
  IdentityMapping mapping;
  if (text.uri) {
    auto pattern = UriPattern::parse(text.uri->value);
    if (!pattern) {
      return reader.complain(text.uri->place, "uri " + pattern.error(),
                             "example: \"https://id.example.com/{user}/{device}\"");
    }
    mapping.uri = std::move(*pattern);
  }
  take_user(reader, text, mapping);
  take_device(reader, place, text, mapping);
  settings.rules.identity = std::move(mapping);
}

void read_identity(ConfigReader& reader, AuthoritySettings& settings) {
  const auto* node = reader.find({"", "identity"});
  if (node == nullptr) return;
  const auto* table = node->as_table();
  if (table == nullptr) {
    return reader.complain(node->source(), "identity must be a table",
                           "example: { user = \"email\", device = \"cn\" }");
  }
  IdentityText text;
  for (const auto& [key, value] : *table) {
    auto* place = key == "uri" ? &text.uri : key == "user" ? &text.user : key == "device" ? &text.device : nullptr;
    if (place == nullptr) {
      reader.complain(key.source(), "unknown key " + in_quotes(key.str()) + " in identity", "uri, user and device");
    } else if (const auto* string = value.as_string()) {
      *place = ConfigText{string->get(), value.source()};
    } else {
      reader.complain(value.source(), std::string{key.str()} + " must be a string");
    }
  }
  take_identity(reader, node->source(), text, settings);
}

AuthoritySettings read_authority(ConfigReader& reader) {
  AuthoritySettings settings;
  read_name(reader, settings);
  settings.certificates = read_path(reader, {"", "certificates"}, {});
  read_users(reader, settings);
  read_identity(reader, settings);
  read_fetching(reader, settings);
  settings.rules.crl_required = reader.flag({"", "crl_required"}).value_or(true);
  settings.rules.crl_grace = read_duration(reader, {"", "crl_grace"}, {});
  settings.enrol_unknown = reader.flag({"", "enrol_unknown"}).value_or(false);
  const auto unknown = reader.number({"", "enrol_unknown_limit"}, 1, kMostUnknown);
  settings.enrol_unknown_limit = unknown.value_or(settings.enrol_unknown_limit);
  return settings;
}

/// What must be there has no other value to fall back on.
void require_keys(ConfigReader& reader, const toml::table& table) {
  const std::pair<const char*, const char*> keys[] = {
      {"name", "name = \"corp\""},
      {"certificates", "certificates = \"/etc/sallyport/corp.pem\""},
      {"identity", "identity = { user = \"email\", device = \"cn\" }"},
      {"users", "users = [\"*@example.com\"]"},
  };
  for (const auto& [key, example] : keys) {
    if (table.get(key) == nullptr)
      reader.complain(table.source(), "an authority needs " + std::string{key}, std::string{"add: "} + example);
  }
  const auto* required = table.get_as<bool>("crl_required");
  const bool is_required = required == nullptr || required->get();
  if (is_required && table.get("crl") == nullptr) {
    reader.complain(table.source(), "an authority needs crl",
                    "name where its revocation lists are, or: crl_required = false");
  }
}

}  // namespace

std::vector<AuthoritySettings> read_authorities(ConfigReader& reader) {
  std::vector<AuthoritySettings> all;
  for (const toml::table* table : reader.tables("authority")) {
    if (all.size() >= kMaxAuthorities) {
      reader.complain(table->source(), "more than 16 authorities");
      break;
    }
    ConfigReader part = reader.part(*table);
    require_keys(part, *table);
    auto settings = read_authority(part);
    reader.adopt(std::move(part));
    const auto same = std::find_if(all.begin(), all.end(), [&settings](const AuthoritySettings& other) {
      return !settings.rules.name.empty() && other.rules.name == settings.rules.name;
    });
    if (same != all.end())
      reader.complain(table->source(), "there is an authority " + in_quotes(settings.rules.name) + " already");
    all.push_back(std::move(settings));
  }
  return all;
}

}  // namespace sallyport
