#include "server/ctl/admin_record.hpp"
#include "server/ctl/device_notice.hpp"
#include "server/ctl/devices_commands.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/revocation.hpp"
#include "server/ctl/signing_authority.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

/// The store and the record of the device that the command line names, before any change.
struct Subject {
  GatewayConfig config;
  Store store;
  DeviceRecord before;
};

std::optional<Subject> find_subject(Ctl& ctl, const DeviceOptions& options) {
  auto records = open_records(ctl);
  if (!records) return std::nullopt;
  auto record = records->store.device(DeviceId{options.id});
  if (record && *record) return Subject{std::move(records->config), std::move(records->store), std::move(**record)};
  ctl.console.fail(CtlExit::Failed, record ? "there is no device \"" + options.id + '"' : record.error().words,
                   "see: sallyportctl devices list");
  return std::nullopt;
}

nlohmann::json document_of(const Subject& subject, DeviceState state, const DeviceNotice& notice) {
  nlohmann::json document{{"device", subject.before.id.text()},
                          {"user", subject.before.user.text()},
                          {"state", name_of(state)},
                          {"state_before", name_of(subject.before.state)}};
  add_notice(document, notice);
  return document;
}

CtlExit fail_unconfirmed(Console& console, const DeviceNotice& notice, std::string_view done) {
  if (!notice.is_running) return fail_unrecorded(console, fmt::format("the device is {}", done), *notice.error);
  return console.fail(
      notice.error->code,
      fmt::format("the device is {}, but the running gateway did not confirm: {}", done, notice.error->words),
      notice.error->hint);
}

void note_disabled_user(Console& console, const DeviceRecord& device) {
  if (!device.user_disabled) return;
  console.say(fmt::format("Note: {0} is disabled, and with them this device; see: sallyportctl users enable {0}\n",
                          device.user.text()));
}

std::optional<LinkError> record_change(const Subject& subject, std::string event, WallTime now) {
  AuditRecord record;
  record.event = std::move(event);
  record.user = subject.before.user.text();
  record.device = subject.before.id.text();
  record.serial = subject.before.serial;
  return record_action(subject.config, std::move(record), now);
}

/// The gateway cuts and records; when none runs, the record is made here.
DeviceNotice cut_off(const Subject& subject, std::string_view what, WallTime now) {
  auto notice = tell_gateway_of_change(subject.config, subject.before.id, what);
  if (!notice.is_running) notice.error = record_change(subject, "device." + std::string{what}, now);
  return notice;
}

CtlExit change_state(Ctl& ctl, const DeviceOptions& options, DeviceState state, const char* consequence) {
  auto subject = find_subject(ctl, options);
  if (!subject) return CtlExit::Failed;
  const bool gives = state == DeviceState::Active;
  const auto unrecorded = gives ? record_change(*subject, "device.enabled", ctl.now) : std::nullopt;
  if (unrecorded) return fail_unrecorded(ctl.console, "nothing has changed", *unrecorded);
  if (auto done = subject->store.set_state(subject->before.id, state, ctl.now); !done) {
    return ctl.console.fail(CtlExit::Failed, done.error().words);
  }
  const auto notice = gives ? tell_gateway_of_devices(subject->config) : cut_off(*subject, name_of(state), ctl.now);
  if (notice.error) return fail_unconfirmed(ctl.console, notice, name_of(state));
  ctl.console.say(
      fmt::format("Device {} of {} is {}.\n", subject->before.id.text(), subject->before.user.text(), name_of(state)));
  say_notice(ctl.console, notice, consequence);
  if (gives) note_disabled_user(ctl.console, subject->before);
  ctl.console.document(document_of(*subject, state, notice));
  return CtlExit::Ok;
}

Result<PublishedList, std::string> list_revocation(const GatewayConfig& config, Store& store, WallTime now) {
  const auto authority = load_signing_authority(config);
  if (!authority) return fail("no new revocation list: " + authority.error());
  return publish_revocations(config, store, *authority, kDefaultCrlLifetime, now);
}

/// Its certificate is not ours to revoke: the record keeps the device out.
CtlExit tell_foreign_revoked(Ctl& ctl, const Subject& subject) {
  const auto notice = cut_off(subject, name_of(DeviceState::Revoked), ctl.now);
  if (notice.error) return fail_unconfirmed(ctl.console, notice, name_of(DeviceState::Revoked));
  const auto& before = subject.before;
  ctl.console.say(fmt::format("Device {} of {} is revoked{}; tell authority {} to revoke its certificate as well\n",
                              before.id.text(), before.user.text(),
                              before.state == DeviceState::Revoked ? " (it was already)" : "", before.authority));
  say_notice(ctl.console, notice, "it will refuse the device when it starts.");
  auto document = document_of(subject, DeviceState::Revoked, notice);
  document["serial"] = before.has_certificate() ? nlohmann::json(before.serial) : nlohmann::json(nullptr);
  document["authority"] = before.authority;
  document["crl_number"] = nullptr;
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

}  // namespace

Result<RevokedOnRecord, std::string> revoke_on_record(const GatewayConfig& config, Store& store, const DeviceId& device,
                                                      WallTime now) {
  if (auto done = store.set_state(device, DeviceState::Revoked, now); !done) return fail(done.error().words);
  // Nobody who is cut off waits for the list to be signed and written.
  auto cut = tell_gateway_of_change(config, device, name_of(DeviceState::Revoked));
  auto list = list_revocation(config, store, now);
  const bool is_recorded = cut.is_running && !cut.error;
  auto notice = tell_gateway_of_devices(config);
  notice.ended += cut.ended;
  if (!notice.error) notice.error = std::move(cut.error);
  return RevokedOnRecord{std::move(list), std::move(notice), is_recorded};
}

CtlExit disable_device(Ctl& ctl, const DeviceOptions& options) {
  return change_state(ctl, options, DeviceState::Disabled, "it will refuse the device when it starts.");
}

CtlExit enable_device(Ctl& ctl, const DeviceOptions& options) {
  return change_state(ctl, options, DeviceState::Active, "it will accept the device when it starts.");
}

CtlExit revoke_device(Ctl& ctl, const DeviceOptions& options) {
  auto subject = find_subject(ctl, options);
  if (!subject) return CtlExit::Failed;
  if (!subject->before.authority.empty()) {
    if (auto done = subject->store.set_state(subject->before.id, DeviceState::Revoked, ctl.now); !done) {
      return ctl.console.fail(CtlExit::Failed, done.error().words);
    }
    return tell_foreign_revoked(ctl, *subject);
  }
  const auto revoked = revoke_on_record(subject->config, subject->store, subject->before.id, ctl.now);
  if (!revoked) return ctl.console.fail(CtlExit::Failed, revoked.error());
  const auto& [list, notice, is_recorded] = *revoked;
  // Who answers the second notice may not be who was asked to record the first.
  const auto unrecorded = is_recorded ? std::nullopt : record_change(*subject, "device.revoked", ctl.now);
  if (notice.error) return fail_unconfirmed(ctl.console, notice, name_of(DeviceState::Revoked));
  if (!list) {
    say_notice(ctl.console, notice, "it will refuse the device when it starts.");
    return ctl.console.fail(CtlExit::Failed, "the record says revoked, but there is " + list.error(),
                            "correct this, then run: sallyportctl crl issue");
  }
  if (unrecorded) return fail_unrecorded(ctl.console, "the device is revoked", *unrecorded);
  ctl.console.say(fmt::format("Device {} of {} is revoked{}; serial {}, revocation list number {}\n",
                              subject->before.id.text(), subject->before.user.text(),
                              subject->before.state == DeviceState::Revoked ? " (it was already)" : "",
                              subject->before.serial, list->number));
  say_notice(ctl.console, notice, "it will refuse the device when it starts.");
  auto document = document_of(*subject, DeviceState::Revoked, notice);
  document["serial"] = subject->before.serial;
  document["crl_number"] = list->number;
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

}  // namespace sallyport
