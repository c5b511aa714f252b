#include "server/ctl/devices_commands.hpp"

#include "server/ctl/command_line.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/readable.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// A certificate that ends this soon is worth a colour.
constexpr std::chrono::days kEndsSoon{14};

using Leases = std::map<DeviceId, Lease>;

std::string address_text(const std::optional<IpAddress>& address) {
  return address ? address->to_string() : std::string{};
}

Json address_or_null(const std::optional<IpAddress>& address) {
  return address ? Json(address->to_string()) : Json(nullptr);
}

Lease lease_of(const Leases& leases, const DeviceId& id) {
  const auto found = leases.find(id);
  return found == leases.end() ? Lease{} : found->second;
}

Json document_of(const DeviceRecord& device, const Leases& leases) {
  const auto lease = lease_of(leases, device.id);
  const bool was_seen = leases.find(device.id) != leases.end();
  return {{"device", device.id.text()},
          {"user", device.user.text()},
          {"authority", device.authority.empty() ? Json(nullptr) : Json(device.authority)},
          {"first_sight", device.at_first_sight},
          {"state", name_of(device.state)},
          {"user_disabled", device.user_disabled},
          {"serial", device.has_certificate() ? Json(device.serial) : Json(nullptr)},
          {"not_after", device.has_certificate() ? Json(format_utc(device.not_after)) : Json(nullptr)},
          {"enrolled_at", format_utc(device.enrolled_at)},
          {"revoked_at", device.revoked_at ? Json(format_utc(*device.revoked_at)) : Json(nullptr)},
          {"v4", address_or_null(lease.v4)},
          {"v6", address_or_null(lease.v6)},
          {"last_seen", was_seen ? Json(format_utc(lease.last_seen)) : Json(nullptr)}};
}

Style style_of(DeviceState state) {
  switch (state) {
    case DeviceState::Active:
      return Style::Good;
    case DeviceState::Disabled:
      return Style::Warning;
    case DeviceState::Revoked:
      return Style::Bad;
  }
  return Style::Plain;
}

Cell state_cell(const DeviceRecord& device) {
  const bool counts_by_itself = device.state != DeviceState::Revoked;
  if (device.user_disabled && counts_by_itself) return {"user disabled", Style::Bad};
  return {std::string{name_of(device.state)}, style_of(device.state)};
}

void tell(Ctl& ctl, const std::vector<DeviceRecord>& devices, const Leases& leases) {
  if (devices.empty()) {
    return ctl.console.say("No device is enrolled. First: sallyportctl devices enroll --user USER --csr FILE\n");
  }
  TextTable table{{"DEVICE", "USER", "STATE", "CERTIFICATE ENDS", "ADDRESSES", "LAST CONNECTED"}};
  for (const auto& device : devices) {
    const auto lease = lease_of(leases, device.id);
    const auto v6 = address_text(lease.v6);
    const bool ends_soon = device.has_certificate() && device.not_after < ctl.now + kEndsSoon;
    const auto ends = device.has_certificate() ? readable_date(device.not_after, ctl.now) : "none was seen yet";
    table.add({device.id.text(), device.user.text(), state_cell(device),
               Cell{ends, ends_soon ? Style::Warning : Style::Plain},
               address_text(lease.v4) + (lease.v4 && lease.v6 ? " " : "") + v6,
               lease.last_seen == WallTime{} ? "never" : readable_date(lease.last_seen, ctl.now)});
  }
  ctl.console.show(table);
}

/// How many nobody registered, for each authority whose word was enough or may be.
std::map<std::string, std::size_t> first_sights(const std::vector<DeviceRecord>& devices, const GatewayConfig& config) {
  std::map<std::string, std::size_t> counts;
  for (const auto& authority : config.authorities) {
    if (authority.enrol_unknown) counts[authority.rules.name] = 0;
  }
  for (const auto& device : devices) {
    if (device.at_first_sight) ++counts[device.authority];
  }
  return counts;
}

Json tell_first_sights(Ctl& ctl, const std::vector<DeviceRecord>& devices, const GatewayConfig& config) {
  Json list = Json::array();
  for (const auto& [name, count] : first_sights(devices, config)) {
    const auto* authority = config.authority(name);
    const bool may_more = authority != nullptr && authority->enrol_unknown;
    const auto limit = may_more ? Json(authority->enrol_unknown_limit) : Json(nullptr);
    list.push_back({{"authority", name}, {"devices", count}, {"limit", limit}});
    const auto of = may_more ? " of at most " + std::to_string(authority->enrol_unknown_limit) : std::string{};
    ctl.console.say("Recorded at first sight, on the word of the authority " + name + ": " + std::to_string(count) +
                    of + ".\n");
  }
  return list;
}

CtlExit run_list(Ctl& ctl, const NoOptions& /*none*/) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto devices = records->store.devices();
  if (!devices) return ctl.console.fail(CtlExit::Failed, devices.error().words);
  const auto leases = records->store.leases();
  if (!leases) return ctl.console.fail(CtlExit::Failed, leases.error().words);
  tell(ctl, *devices, *leases);
  Json list = Json::array();
  for (const auto& device : *devices) list.push_back(document_of(device, *leases));
  auto unknown = tell_first_sights(ctl, *devices, records->config);
  ctl.console.document({{"devices", std::move(list)}, {"first_sights", std::move(unknown)}});
  return CtlExit::Ok;
}

CtlExit run_show(Ctl& ctl, const DeviceOptions& options) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto device = records->store.device(DeviceId{options.id});
  if (!device) return ctl.console.fail(CtlExit::Failed, device.error().words);
  if (!*device)
    return ctl.console.fail(CtlExit::Failed, "there is no device \"" + options.id + '"',
                            "see: sallyportctl devices list");
  const auto leases = records->store.leases();
  if (!leases) return ctl.console.fail(CtlExit::Failed, leases.error().words);
  tell(ctl, {**device}, *leases);
  ctl.console.say("Refusals  sallyportctl denials list --device " + (*device)->id.text() + '\n');
  ctl.console.say("History   sallyportctl audit search --device " + (*device)->id.text() + '\n');
  ctl.console.document(document_of(**device, *leases));
  return CtlExit::Ok;
}

void add_enroll(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<EnrollOptions>();
  const auto verb = add_verb<EnrollOptions>(
      noun, ctl, "enroll", "Certify the key of a laptop for one person",
      "  sallyportctl devices enroll --user ana@example.com --csr ana-laptop.csr --out ana-laptop.pem\n"
      "  sallyportctl devices enroll --user ana@example.com --csr new.csr --id ana-laptop --replace --out new.pem\n"
      "The request comes from the laptop (sallyport enroll request); the key never leaves it.\n"
      "Who the device is, you decide: the request's own name is a suggestion only.",
      options, enroll_device);
  verb.add_option("--user", options->user, "E-mail address of the person").required();
  verb.add_option("--csr", options->csr, "The request, PEM or DER").required();
  verb.add_option("--id", options->id, "Name of the device; default: the request's, or made from the user's");
  verb.add_option("--out", options->out, "Where to write the certificate; default: standard output");
  verb.add_flag("--replace", options->replace, "Revoke the certificate of the active device with this name");
  add_days(verb, options->days, "How long the certificate lives");
}

void add_foreign(Command noun, Ctl& ctl) {
  const auto add = std::make_shared<AddOptions>();
  const auto one = add_verb<AddOptions>(
      noun, ctl, "add", "Make a device known that another authority certifies",
      "  sallyportctl devices add --authority corp --id ana-laptop --user ana@example.com\n"
      "The authority is an [[authority]] of the configuration. Person and name are those its certificates say.",
      add, add_device);
  one.add_option("--authority", add->authority, "Name of the authority").required();
  one.add_option("--id", add->id, "Name of the device").required();
  one.add_option("--user", add->user, "E-mail address of the person").required();
  one.add_flag("--replace", add->replace, "Take the place of the active device with this name");
  const auto list = std::make_shared<ImportOptions>();
  const auto many =
      add_verb<ImportOptions>(noun, ctl, "import", "The same for a list of devices, all or none",
                              "  sallyportctl devices import --authority corp devices.csv\n"
                              "One device a line: ana-laptop,ana@example.com. What follows a # is a comment.\n"
                              "Devices that are known already as they stand in the list are left as they are.",
                              list, import_devices);
  many.add_option("--authority", list->authority, "Name of the authority").required();
  many.add_option("FILE", list->file, "The list; - is standard input").required();
}

void add_change(Command noun, Ctl& ctl, const char* name, const char* about, const char* example,
                CtlExit (*run)(Ctl&, const DeviceOptions&)) {
  const auto options = std::make_shared<DeviceOptions>();
  const auto verb = add_verb<DeviceOptions>(noun, ctl, name, about, example, options, run);
  verb.add_option("ID", options->id, "Name of the device").required();
}

}  // namespace

void add_devices_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("devices", "Laptops that may connect");
  add_enroll(noun, ctl);
  add_foreign(noun, ctl);
  (void)add_verb<NoOptions>(noun, ctl, "list", "List all devices, with or without a running gateway",
                            "  sallyportctl devices list\n"
                            "  sallyportctl devices list --json | jq '.devices[] | select(.state == \"active\")'",
                            std::make_shared<NoOptions>(), run_list);
  add_change(noun, ctl, "show", "Show one device, and where to read what happened to it",
             "  sallyportctl devices show ana-laptop\n"
             "  sallyportctl devices show ana-laptop --json | jq -r .state\n"
             "With or without a running gateway.",
             run_show);
  add_change(noun, ctl, "disable", "Cut a device off until it is enabled again",
             "  sallyportctl devices disable ana-laptop\nLive connections end before the command returns.",
             disable_device);
  add_change(noun, ctl, "enable", "Let a disabled device connect again", "  sallyportctl devices enable ana-laptop",
             enable_device);
  add_change(noun, ctl, "revoke", "Cut a device off for good (lost, stolen, retired)",
             "  sallyportctl devices revoke ana-laptop\n"
             "Live connections end before the command returns. Works with and without a running gateway.",
             revoke_device);
}

}  // namespace sallyport
