#include "common/pki/trust_bundle.hpp"
#include "server/authority/rotated_trust.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/revocation.hpp"
#include "server/ctl/state_files.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// A list that is due this soon is worth a word.
constexpr std::chrono::days kDueSoon{7};

struct InitOptions {
  int days = static_cast<int>(kDefaultCaLifetime.count());
};

std::string key_path(const GatewayConfig& config) { return config.ca_directory() + "/ca.key"; }
std::string certificate_path(const GatewayConfig& config) { return config.ca_directory() + "/ca.pem"; }

Json certificate_document(const CertificateInfo& certificate) {
  return {{"subject", certificate.subject},
          {"serial", certificate.serial_hex},
          {"not_before", format_utc(certificate.not_before)},
          {"not_after", format_utc(certificate.not_after)}};
}

void tell_init(Ctl& ctl, const GatewayConfig& config, const CertificateAuthority& authority,
               const PublishedList& list) {
  auto& console = ctl.console;
  console.say(fmt::format("The certificate authority of {} is made.\n", config.trust_domain));
  console.say(fmt::format("  certificate  {}  until {}\n", certificate_path(config),
                          readable_date(authority.certificate().not_after, ctl.now)));
  console.say(fmt::format("  private key  {}  keep a copy offline; who has it can enrol devices\n", key_path(config)));
  console.say(fmt::format("  revocations  {}  number {}, due {}\n", config.crl, list.number,
                          readable_date(list.next_update, ctl.now)));
  console.say(fmt::format("  records      {}\n", config.database()));
  if (config.ca != certificate_path(config)) {
    console.note(fmt::format("The gateway trusts {}, as `ca` in {} says: add this certificate to it.\n", config.ca,
                             ctl.config_path));
  }
  console.say("Next: sallyportctl gateway-cert issue\n");
}

CtlExit run_init(Ctl& ctl, const InitOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  if (auto made = make_state_directories(*config); !made)
    return ctl.console.fail(CtlExit::Failed, to_string(made.error()));
  auto store = make_store(*config);
  if (!store) return ctl.console.fail(CtlExit::Failed, store.error().words);
  const CaProfile profile{config->trust_domain + " device authority", config->trust_domain,
                          std::chrono::days{options.days}, KeyKind::P256};
  const auto authority = CertificateAuthority::init(config->ca_directory(), profile, ctl.now);
  if (!authority) return ctl.console.fail(CtlExit::Failed, authority.error().words);
  const auto list = publish_revocations(*config, *store, *authority, kDefaultCrlLifetime, ctl.now);
  if (!list) {
    return ctl.console.fail(CtlExit::Failed, list.error(),
                            "the authority is made; correct this, then run: sallyportctl crl issue");
  }
  AuditRecord record;
  record.event = "authority.created";
  record.serial = authority->certificate().serial_hex;
  record.reason = authority->trust_domain();
  if (const auto unrecorded = record_action(*config, std::move(record), ctl.now))
    return fail_unrecorded(ctl.console, "the authority is made", *unrecorded);
  if (!ctl.console.json()) tell_init(ctl, *config, *authority, *list);
  ctl.console.document({{"trust_domain", authority->trust_domain()},
                        {"certificate", certificate_path(*config)},
                        {"key", key_path(*config)},
                        {"crl", config->crl},
                        {"crl_number", list->number},
                        {"crl_next_update", format_utc(list->next_update)},
                        {"database", config->database()},
                        {"not_after", format_utc(authority->certificate().not_after)}});
  return CtlExit::Ok;
}

Result<std::shared_ptr<const TrustBundle>, std::string> load_bundle(const GatewayConfig& config, WallTime now) {
  auto ca = read_file(config.ca);
  if (!ca) return fail(to_string(ca.error()));
  TrustSources sources{std::move(*ca), {}, config.crl_required, {}};
  if (auto crl = read_file(config.crl, kMaxRevocationList)) sources.crl_pem = std::move(*crl);
  const auto rotation = load_rotation(config);
  if (!rotation) return fail(to_string(rotation.error()));
  if (auto applied = apply_rotation(config, *rotation, sources); !applied) return fail(to_string(applied.error()));
  auto bundle = TrustBundle::load(sources, now);
  if (!bundle) return fail(bundle.error().words);
  return std::move(*bundle);
}

Json bundle_document(const TrustBundle& bundle, const std::optional<TrustError>& problem) {
  Json authorities = Json::array();
  for (const auto& each : bundle.authorities()) authorities.push_back(certificate_document(each));
  Json lists = Json::array();
  for (const auto& each : bundle.revocation_lists()) {
    lists.push_back({{"number", each.number()},
                     {"this_update", format_utc(each.this_update())},
                     {"next_update", format_utc(each.next_update())},
                     {"revoked", each.serials()}});
  }
  return {{"authorities", std::move(authorities)},
          {"revocation_lists", std::move(lists)},
          {"problem", problem ? Json(problem->words) : Json(nullptr)}};
}

void tell_bundle(Ctl& ctl, const GatewayConfig& config, const TrustBundle& bundle) {
  auto& console = ctl.console;
  for (const auto& each : bundle.authorities()) {
    console.say(fmt::format("Authority      {}\n  serial       {}\n  valid until  {}\n", each.subject, each.serial_hex,
                            readable_date(each.not_after, ctl.now)));
  }
  for (const auto& each : bundle.revocation_lists()) {
    console.say(fmt::format("Revocations    number {}, {}\n  issued       {}\n  due          {}\n", each.number(),
                            counted(each.serials().size(), "certificate"), readable_date(each.this_update(), ctl.now),
                            readable_date(each.next_update(), ctl.now)));
    if (each.next_update() - ctl.now < kDueSoon) {
      console.say(console.styled("The revocation list is due; run: sallyportctl crl issue\n", Style::Warning));
    }
  }
  const bool is_ours = ::access(key_path(config).c_str(), F_OK) == 0;
  console.say(fmt::format("Private key    {}\n", is_ours ? key_path(config) : "not on this host"));
}

/// For the file that is missing; nothing helps against the others.
std::string remedy_for(const GatewayConfig& config) {
  if (::access(config.ca.c_str(), F_OK) != 0) return "a new authority: sallyportctl ca init";
  return ::access(config.crl.c_str(), F_OK) != 0 ? "a new list: sallyportctl crl issue" : "";
}

CtlExit run_show(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto bundle = load_bundle(*config, ctl.now);
  if (!bundle) return ctl.console.fail(CtlExit::Failed, bundle.error(), remedy_for(*config));
  const auto problem = (*bundle)->problem_at(ctl.now);
  if (!ctl.console.json()) tell_bundle(ctl, *config, **bundle);
  ctl.console.document(bundle_document(**bundle, problem));
  if (problem) ctl.console.note("The gateway refuses every device: " + problem->words + '\n');
  return problem ? CtlExit::Failed : CtlExit::Ok;
}

}  // namespace

void add_ca_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("ca", "The certificate authority that makes devices known");
  const auto init = std::make_shared<InitOptions>();
  const auto verb =
      add_verb<InitOptions>(noun, ctl, "init", "Make the authority, its first revocation list and the records",
                            "  sallyportctl ca init\n"
                            "  sallyportctl ca init --days 3650\n"
                            "An authority that is there is never replaced.",
                            init, run_init);
  add_days(verb, init->days, "How long the authority lives");
  (void)add_verb<NoOptions>(noun, ctl, "show", "Show whom the gateway trusts and how fresh that is",
                            "  sallyportctl ca show\n"
                            "  sallyportctl ca show --json\n"
                            "Exits with 1 when the gateway would refuse every device.",
                            std::make_shared<NoOptions>(), run_show);
  add_rotation_commands(noun, ctl);
}

}  // namespace sallyport
