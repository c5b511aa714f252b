#include "server/ctl/admin_record.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/signing_authority.hpp"
#include "server/ctl/state_files.hpp"

#include "common/pki/certificate_authority.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

struct IssueOptions {
  int days = static_cast<int>(kDefaultGatewayLifetime.count());
};

/// Certificate and key of a new pair, in the files that the configuration names. The error is words.
Result<CertificateInfo, std::string> issue(const GatewayConfig& config, const CertificateAuthority& authority,
                                           Store& store, std::chrono::days lifetime, WallTime now) {
  const auto key = PrivateKey::generate(KeyKind::P256);
  if (!key) return fail(key.error().words);
  const auto issued = authority.issue_gateway(key->public_key(), {config.name, {}, lifetime}, now);
  if (!issued) return fail(issued.error().words);
  AuditRecord audit;
  audit.event = "gateway_certificate.issued";
  audit.serial = issued->info.serial_hex;
  audit.reason = config.name;
  if (const auto unrecorded = record_action(config, std::move(audit), now))
    return fail("there can be no audit record, so nothing has changed: " + unrecorded->words);
  const CertificateRecord record{issued->info.serial_hex, CertificateKind::Gateway, {}, issued->info.not_after, {}};
  if (auto recorded = store.record_certificate(record); !recorded) return fail(recorded.error().words);
  if (auto stored = key->store(config.key); !stored) return fail(stored.error().words);
  if (auto given = give_to_gateway(config, config.key); !given) return fail(to_string(given.error()));
  auto written = write_for_gateway(config, config.certificate, issued->pem, 0644);
  if (!written) return fail(to_string(written.error()));
  return issued->info;
}

CtlExit run_issue(Ctl& ctl, const IssueOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto authority = load_signing_authority(*config);
  if (!authority) return ctl.console.fail(CtlExit::Failed, authority.error(), "a new authority: sallyportctl ca init");
  auto store = Store::open(config->database());
  if (!store) return ctl.console.fail(CtlExit::Failed, store.error().words);
  const auto issued = issue(*config, *authority, *store, std::chrono::days{options.days}, ctl.now);
  if (!issued) return ctl.console.fail(CtlExit::Failed, issued.error());
  ctl.console.say(
      fmt::format("The gateway {} has a new certificate and a new key.\n"
                  "  certificate  {}  until {}\n  private key  {}\n"
                  "Next: systemctl start sallyport-gateway, or if it runs: sallyportctl reload\n",
                  config->name, config->certificate, readable_date(issued->not_after, ctl.now), config->key));
  ctl.console.document({{"name", config->name},
                        {"certificate", config->certificate},
                        {"key", config->key},
                        {"serial", issued->serial_hex},
                        {"not_after", format_utc(issued->not_after)}});
  return CtlExit::Ok;
}

}  // namespace

void add_gateway_cert_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("gateway-cert", "The certificate that proves this gateway to clients");
  const auto options = std::make_shared<IssueOptions>();
  const auto verb = add_verb<IssueOptions>(noun, ctl, "issue", "Make a new key on this host and certify it",
                                           "  sallyportctl gateway-cert issue\n"
                                           "  sallyportctl gateway-cert issue --days 90 && sallyportctl reload\n"
                                           "Name, key and certificate file are those of the configuration.",
                                           options, run_issue);
  add_days(verb, options->days, "How long the certificate lives");
}

}  // namespace sallyport
