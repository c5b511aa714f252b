#include "common/base/file.hpp"
#include "common/pki/csr.hpp"
#include "common/pki/succession.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/device_notice.hpp"
#include "server/ctl/devices_commands.hpp"
#include "server/ctl/enrolment_identity.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/revocation.hpp"
#include "server/ctl/signing_authority.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr std::size_t kMaxRequest = 64U << 10U;

/// An enrolment that the authority and the store agreed to.
struct Enrolled {
  EnrolmentIdentity identity;
  IssuedCertificate certificate;
  std::optional<DeviceRecord> before;
  std::optional<PublishedList> list;  ///< written when an older certificate had to be revoked
  std::string ca_file;                ///< what the laptop needs beside it
};

using Outcome = Result<Enrolled, std::string>;

Outcome issue(const GatewayConfig& config, const EnrolmentIdentity& identity, const Csr& request,
              const EnrollOptions& options, WallTime now) {
  const auto enrolling = load_enrolling_authority(config);
  if (!enrolling) return fail(enrolling.error());
  const auto* authority = &enrolling->authority;
  auto store = Store::open(config.database());
  if (!store) return fail(store.error().words);
  const auto replace = options.replace ? Replace::Yes : Replace::No;
  auto before = store->device(identity.device);
  if (!before) return fail(before.error().words);
  if (auto allowed = store->check_enrolment(identity.device, replace); !allowed) return fail(allowed.error().words);
  auto issued = authority->issue_device(
      request.key, {identity.device, identity.user, config.trust_domain, std::chrono::days{options.days}}, now);
  if (!issued) return fail(issued.error().words);
  const Enrolment enrolment{identity.device, identity.user, issued->info.serial_hex, issued->info.not_after,
                            fingerprint_of(authority->certificate().der)};
  AuditRecord record;
  record.event = "device.enrolled";
  record.user = identity.user.text();
  record.device = identity.device.text();
  record.serial = enrolment.serial;
  if (const auto unrecorded = record_action(config, std::move(record), now))
    return fail("there can be no audit record, so the device is not enrolled: " + unrecorded->words);
  if (auto done = store->enroll(enrolment, replace, now); !done) return fail(done.error().words);
  Enrolled enrolled{identity, std::move(*issued), std::move(*before), {}, enrolling->ca_file};
  if (!enrolled.before || enrolled.before->state == DeviceState::Revoked) return enrolled;
  const auto signing = load_signing_authority(config);
  if (!signing) return fail(signing.error());
  const auto list = publish_revocations(config, *store, *signing, kDefaultCrlLifetime, now);
  if (!list) return fail(list.error());
  enrolled.list = *list;
  return enrolled;
}

nlohmann::json document_of(const Enrolled& enrolled, const EnrollOptions& options) {
  const auto& info = enrolled.certificate.info;
  return {{"device", enrolled.identity.device.text()},
          {"user", enrolled.identity.user.text()},
          {"serial", info.serial_hex},
          {"not_after", format_utc(info.not_after)},
          {"certificate", enrolled.certificate.pem},
          {"ca", enrolled.ca_file},
          {"file", options.out.empty() ? nlohmann::json(nullptr) : nlohmann::json(options.out)},
          {"replaced_serial", enrolled.list ? nlohmann::json(enrolled.before->serial) : nlohmann::json(nullptr)},
          {"crl_number", enrolled.list ? nlohmann::json(enrolled.list->number) : nlohmann::json(nullptr)}};
}

/// Beside a certificate on standard output, words go to the other stream.
void tell(Ctl& ctl, const Enrolled& enrolled, const EnrollOptions& options, const DeviceNotice& notice) {
  auto text = fmt::format("Device {} of {} is enrolled until {}; serial {}\n", enrolled.identity.device.text(),
                          enrolled.identity.user.text(), readable_date(enrolled.certificate.info.not_after, ctl.now),
                          enrolled.certificate.info.serial_hex);
  if (enrolled.list) {
    text += fmt::format("Its certificate {} is revoked; revocation list number {}\n", enrolled.before->serial,
                        enrolled.list->number);
  }
  if (notice.ended != 0) text += fmt::format("Sessions ended: {}\n", notice.ended);
  if (options.out.empty()) return ctl.console.note(text);
  ctl.console.say(text + fmt::format("Next: copy {} and {} to the laptop, and there run\n"
                                     "  sallyport enroll install --certificate {} --ca ca.pem\n",
                                     options.out, enrolled.ca_file, options.out.substr(options.out.rfind('/') + 1)));
}

/// Found out before a certificate is made that would have nowhere to go; empty: nothing is wrong.
std::string problem_with(const std::string& out) {
  if (out.empty()) return {};
  const auto slash = out.rfind('/');
  const auto directory = slash == std::string::npos ? std::string{"."} : out.substr(0, slash + 1);
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
  return out + ": cannot be written: " + std::strerror(errno);
}

CtlExit deliver(Ctl& ctl, const GatewayConfig& config, const Enrolled& enrolled, const EnrollOptions& options) {
  if (!options.out.empty()) {
    if (auto written = write_file_atomically(options.out, enrolled.certificate.pem); !written) {
      return ctl.console.fail(CtlExit::Failed, "the certificate was issued, but " + to_string(written.error()),
                              "run it again with another --out and --replace");
    }
  }
  const auto notice = tell_gateway_of_devices(config);
  if (options.out.empty() && !ctl.console.json()) ctl.console.data(enrolled.certificate.pem);
  if (notice.error) {
    return ctl.console.fail(notice.error->code,
                            "the device is enrolled, but the running gateway does not know it: " + notice.error->words,
                            notice.error->hint);
  }
  if (!ctl.console.json()) tell(ctl, enrolled, options, notice);
  auto document = document_of(enrolled, options);
  add_notice(document, notice);
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

}  // namespace

CtlExit enroll_device(Ctl& ctl, const EnrollOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto text = read_file(options.csr, kMaxRequest);
  if (!text) return ctl.console.fail(CtlExit::Failed, to_string(text.error()));
  const auto request = Csr::parse(as_bytes(*text));
  if (!request) {
    return ctl.console.fail(CtlExit::Failed, options.csr + ": " + request.error().words,
                            "make one on the laptop: sallyport enroll request --id ID --out ID.csr");
  }
  const auto identity = choose_identity(options.user, options.id, request->hint);
  if (!identity) return ctl.console.fail(CtlExit::Usage, identity.error());
  if (const auto problem = problem_with(options.out); !problem.empty())
    return ctl.console.fail(CtlExit::Failed, problem, "nothing was issued; name another place: --out FILE");
  const auto enrolled = issue(*config, *identity, *request, options, ctl.now);
  if (!enrolled) return ctl.console.fail(CtlExit::Failed, enrolled.error());
  return deliver(ctl, *config, *enrolled, options);
}

}  // namespace sallyport
