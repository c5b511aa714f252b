#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "common/base/trimmed.hpp"
#include "common/pki/identity_name.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/device_notice.hpp"
#include "server/ctl/devices_commands.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/typed_names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <iterator>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxList = 8U << 20U;

/// The configured authority; null when there is none, which was said.
const AuthoritySettings* find_authority(Ctl& ctl, const GatewayConfig& config, const std::string& name) {
  if (const auto* settings = config.authority(name)) return settings;
  std::string known;
  for (const auto& each : config.authorities) known += (known.empty() ? "" : ", ") + each.rules.name;
  ctl.console.fail(
      CtlExit::Failed, "there is no authority \"" + escape_untrusted(name) + '"',
      known.empty() ? "the configuration has no [[authority]]; see docs/foreign-ca.md" : "there are: " + known);
  return nullptr;
}

/// The error is words about one device.
Result<ForeignDevice, std::string> device_of(const AuthoritySettings& settings, std::string_view id,
                                             std::string_view user) {
  const auto name = lower_ascii(id);
  const UserId owner{lower_ascii(user)};
  if (!is_device_id(name)) return fail(words_for_no_device(id));
  if (!is_user_id(owner.text())) return fail(words_for_no_user(user));
  if (!settings.rules.may_name(owner))
    return fail("authority " + settings.rules.name + " may not name " + owner.text() +
                " (`users` in the configuration)");
  return ForeignDevice{DeviceId{name}, owner, settings.rules.name};
}

Result<std::vector<ForeignDevice>, Diagnostics> parse_list(const AuthoritySettings& settings, std::string_view text,
                                                           const std::string& file) {
  std::vector<ForeignDevice> devices;
  Diagnostics wrong;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const auto comma = line.find(',');
    const auto user = comma == std::string_view::npos ? std::string_view{} : line.substr(comma + 1);
    auto device = device_of(settings, trimmed(line.substr(0, comma)), trimmed(user));
    if (device)
      devices.push_back(std::move(*device));
    else
      wrong.push_back({file, number, 0, device.error(), "write: DEVICE,USER"});
  }
  if (!wrong.empty()) return fail(std::move(wrong));
  return devices;
}

Result<std::string, std::string> read_list(const std::string& file) {
  if (file == "-") return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  auto text = read_file(file, kMaxList);
  if (!text) return fail(to_string(text.error()));
  return std::move(*text);
}

bool is_known_so(const std::optional<DeviceRecord>& record, const ForeignDevice& device) {
  return record && record->state == DeviceState::Active && record->user == device.user &&
         record->authority == device.authority;
}

/// What a list says that is not on record.
struct Import {
  std::vector<ForeignDevice> fresh{};
  std::vector<DeviceRecord> skipped{};  ///< whom an administrator shut out: no list brings them back
};

/// The error is words about the first that stands in the way of another.
Result<Import, std::string> new_ones(Store& store, const std::vector<ForeignDevice>& devices) {
  Import import;
  for (const auto& device : devices) {
    const auto record = store.device(device.device);
    if (!record) return fail(record.error().words);
    if (*record && (*record)->state != DeviceState::Active) {
      import.skipped.push_back(**record);
      continue;
    }
    if (is_known_so(*record, device)) continue;
    if (auto allowed = store.check_enrolment(device.device, Replace::No); !allowed) return fail(allowed.error().words);
    import.fresh.push_back(device);
  }
  return import;
}

void tell_imported(Console& console, const std::string& authority, const Import& import, std::size_t known) {
  console.say(fmt::format("{} imported, {} known already.\n", counted(import.fresh.size(), "device"), known));
  Json skipped = Json::array();
  for (const auto& record : import.skipped) {
    const auto state = name_of(record.state);
    const auto* const back = record.state == DeviceState::Disabled ? "devices enable" : "devices add --replace";
    console.say(fmt::format("Skipped: {} is {}; to let it in again: sallyportctl {}\n", record.id.text(), state, back));
    skipped.push_back({{"device", record.id.text()}, {"state", state}});
  }
  console.document(
      {{"authority", authority}, {"imported", import.fresh.size()}, {"known", known}, {"skipped", std::move(skipped)}});
}

}  // namespace

CtlExit add_device(Ctl& ctl, const AddOptions& options) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto* settings = find_authority(ctl, records->config, options.authority);
  if (settings == nullptr) return CtlExit::Failed;
  const auto device = device_of(*settings, options.id, options.user);
  if (!device) return ctl.console.fail(CtlExit::Usage, device.error());
  const auto replace = options.replace ? Replace::Yes : Replace::No;
  AuditRecord record;
  record.event = "device.recorded";
  record.user = device->user.text();
  record.device = device->device.text();
  record.reason = "authority " + device->authority;
  if (const auto unrecorded = record_action(records->config, std::move(record), ctl.now))
    return fail_unrecorded(ctl.console, "nothing has changed", *unrecorded);
  if (auto added = records->store.add_foreign(*device, replace, ctl.now); !added)
    return ctl.console.fail(CtlExit::Failed, added.error().words);
  // A session of the device whose place it took must end.
  const auto notice = tell_gateway_of_devices(records->config);
  if (notice.error) {
    return ctl.console.fail(notice.error->code,
                            "the device is known, but the running gateway did not confirm: " + notice.error->words,
                            notice.error->hint);
  }
  ctl.console.say(fmt::format("Device {} of {} may connect with a certificate of authority {}.\n",
                              device->device.text(), device->user.text(), device->authority));
  Json document{{"device", device->device.text()}, {"user", device->user.text()}, {"authority", device->authority}};
  add_notice(document, notice);
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

CtlExit import_devices(Ctl& ctl, const ImportOptions& options) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto* settings = find_authority(ctl, records->config, options.authority);
  if (settings == nullptr) return CtlExit::Failed;
  const auto text = read_list(options.file);
  if (!text) return ctl.console.fail(CtlExit::Failed, text.error());
  const auto devices = parse_list(*settings, *text, options.file);
  if (!devices) return ctl.console.fail(CtlExit::Failed, "nothing was imported", devices.error());
  const auto import = new_ones(records->store, *devices);
  if (!import) return ctl.console.fail(CtlExit::Failed, "nothing was imported: " + import.error());
  AuditRecord record;
  record.event = "devices.imported";
  record.reason = fmt::format("{} of authority {}", counted(import->fresh.size(), "device"), options.authority);
  if (const auto unrecorded = record_action(records->config, std::move(record), ctl.now))
    return fail_unrecorded(ctl.console, "nothing was imported", *unrecorded);
  for (const auto& device : import->fresh) {
    if (auto added = records->store.add_foreign(device, Replace::No, ctl.now); !added) {
      return ctl.console.fail(CtlExit::Failed, device.device.text() + ": " + added.error().words,
                              "those before it are imported; correct this and import the list again");
    }
  }
  const auto known = devices->size() - import->fresh.size() - import->skipped.size();
  tell_imported(ctl.console, options.authority, *import, known);
  return CtlExit::Ok;
}

}  // namespace sallyport
