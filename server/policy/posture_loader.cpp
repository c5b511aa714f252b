#include "server/policy/posture_loader.hpp"

#include "common/base/text.hpp"
#include "common/wire/posture_wants.hpp"
#include "server/policy/diagnostic_list.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::string_view kOsExample = R"(write os = { debian = ">=12", windows = ">=10.0.22631" })";

/// The facts a laptop reports, then what is compared by version or looked for by name, then the age.
constexpr auto known_lines() {
  std::array<std::string_view, kPostureFacts.size() + 5> keys{};
  std::copy(kPostureFacts.begin(), kPostureFacts.end(), keys.begin());
  keys[kPostureFacts.size()] = "os";
  keys[kPostureFacts.size() + 1] = "kernel";
  keys[kPostureFacts.size() + 2] = "processes";
  keys[kPostureFacts.size() + 3] = "files";
  keys[kPostureFacts.size() + 4] = "reported_within";
  return keys;
}
constexpr auto kKnownLines = known_lines();

}  // namespace

PolicyPosture PostureLoader::load(const toml::key& key, const toml::table& table) {
  what_ = "[posture." + escape_untrusted(key.str(), 80) + ']';
  PolicyPosture posture{std::string{key.str()}, reader_.place(key.source()), {}};
  for (const auto& [line, node] : table) load_line(posture.check, line, node);
  const bool asks_age_only = table.size() == 1 && table.contains("reported_within");
  if (table.empty() || asks_age_only) {
    reader_.error(key.source(), what_ + " asks nothing of a laptop", "add a line such as disk_encrypted = true");
  }
  return posture;
}

void PostureLoader::load_line(PostureCheck& check, const toml::key& key, const toml::node& node) {
  const auto name = key.str();
  if (std::find(kPostureFacts.begin(), kPostureFacts.end(), name) != kPostureFacts.end()) {
    if (const auto value = reader_.flag(node, name)) check.facts.emplace(name, *value);
  } else if (name == "os") {
    load_os(check, node);
  } else if (name == "kernel") {
    check.kernel = versions(node, name);
  } else if (name == "processes") {
    load_list(check.processes, key, node);
  } else if (name == "files") {
    load_list(check.files, key, node);
  } else if (name == "reported_within") {
    check.reported_within = reader_.age(node, name);
  } else {
    reader_.refuse_key(key, KeySet{what_, kKnownLines, {}});
  }
}

void PostureLoader::load_list(std::set<std::string>& list, const toml::key& key, const toml::node& node) {
  const bool files = key.str() == "files";
  for (auto& name : reader_.some_texts(node, key.str())) {
    if (files ? is_file_path(name.text) : is_process_name(name.text)) {
      list.insert(std::move(name.text));
    } else if (files) {
      reader_.error(name.place, quote(name.text) + " is not the path of one file",
                    "write it from / on, without \"..\", \"*\" or a / at its end: \"/etc/corp/managed\"");
    } else {
      reader_.error(name.place, quote(name.text) + " is not the name of a process",
                    "write it without the folder, as ps -A shows it: \"falcon-sensor\"");
    }
  }
}

void PostureLoader::load_os(PostureCheck& check, const toml::node& node) {
  const auto* table = reader_.table(node, "\"os\"", std::string{kOsExample});
  if (table == nullptr) return;
  if (table->empty()) reader_.error(node.source(), "\"os\" is empty and would never match", std::string{kOsExample});
  for (const auto& [os, node_of_os] : *table) {
    if (os.str() != lower_ascii(os.str())) {
      reader_.error(os.source(), "systems are written in lower case", "write " + quote(lower_ascii(os.str())));
    }
    if (auto range = versions(node_of_os, os.str())) check.os.emplace(os.str(), std::move(*range));
  }
}

std::optional<VersionRange> PostureLoader::versions(const toml::node& node, std::string_view what) {
  const auto written = reader_.text(node, what);
  if (!written) return std::nullopt;
  auto read = VersionRange::parse(written->text);
  if (read) return std::move(*read);
  reader_.error(written->place, quote(what) + ": " + read.error());
  return std::nullopt;
}

}  // namespace sallyport
