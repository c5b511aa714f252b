#include "server/ctl/admin_record.hpp"
#include "server/ctl/device_notice.hpp"
#include "server/ctl/devices_commands.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/revocation.hpp"

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
  return console.fail(
      notice.error->code,
      fmt::format("the device is {}, but the running gateway did not confirm: {}", done, notice.error->words),
      notice.error->hint);
}

std::optional<LinkError> record_change(const Subject& subject, const char* event, WallTime now) {
  AuditRecord record;
  record.event = event;
  record.user = subject.before.user.text();
  record.device = subject.before.id.text();
  record.serial = subject.before.serial;
  return record_action(subject.config, std::move(record), now);
}

CtlExit change_state(Ctl& ctl, const DeviceOptions& options, DeviceState state, const char* consequence) {
  auto subject = find_subject(ctl, options);
  if (!subject) return CtlExit::Failed;
  const bool gives = state == DeviceState::Active;
  auto unrecorded = gives ? record_change(*subject, "device.enabled", ctl.now) : std::nullopt;
  if (unrecorded) return fail_unrecorded(ctl.console, "nothing has changed", *unrecorded);
  if (auto done = subject->store.set_state(subject->before.id, state, ctl.now); !done) {
    return ctl.console.fail(CtlExit::Failed, done.error().words);
  }
  const auto notice = tell_gateway_of_devices(subject->config);
  if (!gives) unrecorded = record_change(*subject, "device.disabled", ctl.now);
  if (notice.error) return fail_unconfirmed(ctl.console, notice, name_of(state));
  if (unrecorded) return fail_unrecorded(ctl.console, fmt::format("the device is {}", name_of(state)), *unrecorded);
  ctl.console.say(
      fmt::format("Device {} of {} is {}.\n", subject->before.id.text(), subject->before.user.text(), name_of(state)));
  say_notice(ctl.console, notice, consequence);
  ctl.console.document(document_of(*subject, state, notice));
  return CtlExit::Ok;
}

/// The list is also written again for a device that was revoked before: the last attempt may have stopped half-way.
Result<PublishedList, std::string> list_revocation(Subject& subject, WallTime now) {
  const auto authority = CertificateAuthority::load(subject.config.ca_directory());
  if (!authority) return fail("no new revocation list: " + authority.error().words);
  return publish_revocations(subject.config, subject.store, *authority, kDefaultCrlLifetime, now);
}

}  // namespace

CtlExit disable_device(Ctl& ctl, const DeviceOptions& options) {
  return change_state(ctl, options, DeviceState::Disabled, "it will refuse the device when it starts.");
}

CtlExit enable_device(Ctl& ctl, const DeviceOptions& options) {
  return change_state(ctl, options, DeviceState::Active, "it will accept the device when it starts.");
}

CtlExit revoke_device(Ctl& ctl, const DeviceOptions& options) {
  auto subject = find_subject(ctl, options);
  if (!subject) return CtlExit::Failed;
  if (auto done = subject->store.set_state(subject->before.id, DeviceState::Revoked, ctl.now); !done) {
    return ctl.console.fail(CtlExit::Failed, done.error().words);
  }
  const auto list = list_revocation(*subject, ctl.now);
  // The record alone cuts the device off: a list that cannot be written must not delay that.
  const auto notice = tell_gateway_of_devices(subject->config);
  const auto unrecorded = record_change(*subject, "device.revoked", ctl.now);
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
