#include "tests/unit/server/policy/printer.hpp"

#include "server/policy/age_limit.hpp"

#include <fmt/format.h>

#include <functional>
#include <string_view>

namespace sallyport {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string{'\\', c};
    else if (octet < 0x20 || octet == 0x7f)
      out += fmt::format("\\u{:04x}", octet);
    else
      out += c;
  }
  return out + '"';
}

template <class Items, class ToText>
std::string list_of(const Items& items, ToText to_text) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + in_quotes(to_text(item));
  return out + "]";
}

std::string names_of(const std::vector<NameUse>& names) {
  return list_of(names, [](const NameUse& name) { return name.text; });
}
std::string prefixes_of(const std::vector<IpPrefix>& prefixes) {
  return list_of(prefixes, [](const IpPrefix& prefix) { return prefix.to_string(); });
}
std::string services_of(const std::vector<ServiceRange>& services) {
  return list_of(services, [](const ServiceRange& range) { return to_string(range); });
}

std::string print_rule(const PolicyRule& rule) {
  std::string out = fmt::format("[{}.{}]\n", name_of(rule.kind), in_quotes(rule.name));
  out += fmt::format("who = {}\nto = {}\n", names_of(rule.who), names_of(rule.to));
  if (rule.from) out += fmt::format("from = {}\n", names_of(*rule.from));
  if (rule.not_from) out += fmt::format("not_from = {}\n", names_of(*rule.not_from));
  if (rule.devices) out += fmt::format("devices = {}\n", names_of(*rule.devices));
  if (rule.posture) out += fmt::format("posture = {}\n", names_of(*rule.posture));
  if (rule.during) out += fmt::format("during = {}\n", names_of(*rule.during));
  if (rule.outside) out += fmt::format("outside = {}\n", names_of(*rule.outside));
  if (rule.key_age) out += fmt::format("key_age = \"{}\"\n", age_to_text(*rule.key_age));
  if (rule.proof_age) out += fmt::format("proof_age = \"{}\"\n", age_to_text(*rule.proof_age));
  if (rule.revocation_age) out += fmt::format("revocation_age = \"{}\"\n", age_to_text(*rule.revocation_age));
  if (rule.until) out += fmt::format("until = {}\n", format_utc(*rule.until));
  if (rule.log == FlowLog::Flows) out += "log = \"flows\"\n";
  if (rule.rollout == Rollout::Shadow) out += "rollout = \"shadow\"\n";
  if (!rule.why.empty()) out += fmt::format("why = {}\n", in_quotes(rule.why));
  return out;
}

std::string print_test(const PolicyTest& test) {
  std::string out = fmt::format("[[test]]\nas = {}\n", in_quotes(test.as));
  if (!test.device.empty()) out += fmt::format("device = {}\n", in_quotes(test.device));
  if (!test.from.is_unspecified()) out += fmt::format("from = {}\n", in_quotes(test.from.to_string()));
  if (test.at) out += fmt::format("at = {}\n", format_utc(*test.at));
  if (test.posture) out += fmt::format("posture = {}\n", names_of(*test.posture));
  if (test.proof) out += fmt::format("proof = \"{}\"\n", age_to_text(*test.proof));
  if (!test.can.empty()) out += fmt::format("can = {}\n", names_of(test.can));
  if (!test.cannot.empty()) out += fmt::format("cannot = {}\n", names_of(test.cannot));
  return out;
}

std::string print_hours(const PolicyHours& hours) {
  std::string out = fmt::format("{} = [", in_quotes(hours.name));
  for (const auto& window : hours.hours.windows) {
    out += fmt::format("{{ days = {}, time = {}, zone = {} }},", in_quotes(days_to_text(window.days)),
                       in_quotes(time_range_to_text(window.from, window.to)), in_quotes(hours.hours.zone->name()));
  }
  return out + "]\n";
}

std::string print_posture(const PolicyPosture& posture) {
  const auto& check = posture.check;
  std::string out = fmt::format("[posture.{}]\n", in_quotes(posture.name));
  for (const auto& [fact, wanted] : check.facts) out += fmt::format("{} = {}\n", fact, wanted);
  if (!check.os.empty()) {
    out += "os = { ";
    for (const auto& [os, range] : check.os) {
      out += fmt::format("{}{} = {}", os == check.os.begin()->first ? "" : ", ", in_quotes(os),
                         in_quotes(range.to_string()));
    }
    out += " }\n";
  }
  if (check.kernel) out += fmt::format("kernel = {}\n", in_quotes(check.kernel->to_string()));
  const auto print_list = [&out](const char* key, const std::set<std::string>& names) {
    const std::vector<std::string> list{names.begin(), names.end()};
    if (!list.empty())
      out += fmt::format("{} = {}\n", key, list_of(list, [](const std::string& name) { return name; }));
  };
  print_list("processes", check.processes);
  print_list("files", check.files);
  if (check.reported_within) out += fmt::format("reported_within = \"{}\"\n", age_to_text(*check.reported_within));
  return out;
}

}  // namespace

std::string print_policy(const PolicyDocument& document) {
  std::string out = "version = 1\n[groups]\n";
  for (const auto& group : document.groups)
    out += fmt::format("{} = {}\n", in_quotes(group.name), names_of(group.members));
  out += "[networks]\n";
  for (const auto& network : document.networks) {
    out += fmt::format("{} = {}\n", in_quotes(network.name), prefixes_of(network.prefixes));
  }
  out += "[hours]\n";
  for (const auto& hours : document.hours) out += print_hours(hours);
  for (const auto& posture : document.postures) out += print_posture(posture);
  out += "[resources]\n";
  for (const auto& resource : document.resources) {
    const auto tags = list_of(resource.tags, [](const std::string& tag) { return tag; });
    out += fmt::format("{} = {{ net = {}, ports = {}{} }}\n", in_quotes(resource.name), prefixes_of(resource.prefixes),
                       services_of(resource.services), resource.tags.empty() ? "" : ", tags = " + tags);
  }
  for (const auto& rule : document.rules) out += print_rule(rule);
  for (const auto& test : document.tests) out += print_test(test);
  return out;
}

std::vector<PolicyFile> print_policy_files(const PolicyDocument& document, std::size_t count, std::uint64_t salt) {
  std::vector<PolicyDocument> parts(count);
  const auto part_of = [&](const std::string& name) -> PolicyDocument& {
    return parts[std::hash<std::string>{}(name + std::to_string(salt)) % count];
  };
  for (const auto& group : document.groups) part_of(group.name).groups.push_back(group);
  for (const auto& network : document.networks) part_of(network.name).networks.push_back(network);
  for (const auto& hours : document.hours) part_of(hours.name).hours.push_back(hours);
  for (const auto& posture : document.postures) part_of(posture.name).postures.push_back(posture);
  for (const auto& resource : document.resources) part_of(resource.name).resources.push_back(resource);
  for (const auto& rule : document.rules) part_of(rule.name).rules.push_back(rule);
  for (const auto& test : document.tests) part_of(test.as).tests.push_back(test);
  std::vector<PolicyFile> files;
  for (const auto& part : parts) files.push_back({fmt::format("{:03}.toml", files.size()), print_policy(part)});
  return files;
}

}  // namespace sallyport
