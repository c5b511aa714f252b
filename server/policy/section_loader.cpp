#include "server/policy/section_loader.hpp"

#include "server/policy/diagnostic_list.hpp"
#include "server/policy/hours_loader.hpp"
#include "server/policy/posture_loader.hpp"
#include "server/policy/rule_loader.hpp"

#include <array>

namespace sallyport {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 9> kSections{"version",   "groups", "networks", "hours", "posture",
                                         "resources", "allow",  "deny",     "test"};
constexpr std::array<Names, 3> kResourceKeys{"net", "ports", "tags"};
constexpr std::array<Names, 1> kLaterResourceKeys{"host"};

}  // namespace

void SectionLoader::load(const toml::table& file) {
  if (file.empty()) return;
  check_version(file);
  for (const auto& [key, node] : file) load_section(key, node);
}

void SectionLoader::check_version(const toml::table& file) {
  const auto* node = file.get("version");
  if (node == nullptr) return reader_.error(Place{0, 1, 1}, "the file has no version", "begin it with: version = 1");
  const auto* number = node->as_integer();
  if (number != nullptr && number->get() == 1) return;
  reader_.error(node->source(), "this version of the policy language is unknown here", "write: version = 1");
}

void SectionLoader::load_section(const toml::key& key, const toml::node& node) {
  const std::string_view name = key.str();
  RuleLoader rules{reader_, document_};
  if (name == "version") return;
  if (name == "groups") return load_groups(node);
  if (name == "networks") return load_networks(node);
  if (name == "hours") return load_hours(node);
  if (name == "posture") return load_postures(node);
  if (name == "resources") return load_resources(node);
  if (name == "allow") return rules.load_rules(RuleKind::Allow, node);
  if (name == "deny") return rules.load_rules(RuleKind::Deny, node);
  if (name == "test") return rules.load_tests(node);
  reader_.refuse_key(key, KeySet{"the policy", kSections, {}});
}

void SectionLoader::load_groups(const toml::node& node) {
  const auto* table = reader_.table(node, "\"groups\"", "write [groups], then NAME = [\"ana@example.com\"]");
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    reader_.check_name(key, "group");
    document_.groups.push_back(PolicyGroup{std::string{key.str()}, reader_.place(key.source()),
                                           reader_.people(reader_.texts(value, key.str()))});
  }
}

void SectionLoader::load_networks(const toml::node& node) {
  const auto* table = reader_.table(node, "\"networks\"", "write [networks], then NAME = [\"198.51.100.0/24\"]");
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    reader_.check_name(key, "network");
    document_.networks.push_back(
        PolicyNetwork{std::string{key.str()}, reader_.place(key.source()), reader_.prefixes(value, key.str())});
  }
}

void SectionLoader::load_hours(const toml::node& node) {
  const auto* table = reader_.table(node, "\"hours\"", std::string{kHoursExample});
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    reader_.check_name(key, "hours");
    document_.hours.push_back(HoursLoader{reader_}.load(key, value));
  }
}

void SectionLoader::load_postures(const toml::node& node) {
  constexpr std::string_view kExample = "write [posture.NAME], then disk_encrypted = true";
  const auto* table = reader_.table(node, "\"posture\"", std::string{kExample});
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    reader_.check_name(key, "posture");
    const auto* lines = reader_.table(value, "posture " + quote(key.str()), std::string{kExample});
    if (lines != nullptr) document_.postures.push_back(PostureLoader{reader_}.load(key, *lines));
  }
}

void SectionLoader::load_resources(const toml::node& node) {
  constexpr std::string_view kExample = R"(write NAME = { net = "10.20.4.10", ports = "443/tcp" })";
  const auto* table = reader_.table(node, "\"resources\"", std::string{kExample});
  if (table == nullptr) return;
  for (const auto& [key, value] : *table) {
    reader_.check_name(key, "resource");
    const auto* resource = reader_.table(value, "resource " + quote(key.str()), std::string{kExample});
    if (resource != nullptr) load_resource(key, *resource);
  }
}

void SectionLoader::load_resource(const toml::key& key, const toml::table& table) {
  PolicyResource resource{std::string{key.str()}, reader_.place(key.source()), {}, {}, {}};
  const std::string what = "resource " + quote(key.str());
  for (const auto& [name, node] : table) {
    if (name.str() == "net")
      resource.prefixes = reader_.prefixes(node, "net");
    else if (name.str() == "ports")
      resource.services = reader_.services(node);
    else if (name.str() == "tags")
      resource.tags = reader_.tags(node);
    else
      reader_.refuse_key(name, KeySet{what, kResourceKeys, kLaterResourceKeys});
  }
  if (!table.contains("net")) reader_.error(key.source(), what + " has no \"net\"", "say which addresses it has");
  if (!table.contains("ports")) {
    reader_.error(key.source(), what + " has no \"ports\"", R"(say which; ports = "any" opens all of them)");
  }
  document_.resources.push_back(std::move(resource));
}

}  // namespace sallyport
