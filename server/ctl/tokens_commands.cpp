#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "common/base/text.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/sha256.hpp"
#include "server/authority/rotation.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/typed_names.hpp"
#include "server/enrolment/drill_identity.hpp"
#include "server/enrolment/token.hpp"
#include "server/policy/age_limit.hpp"
#include "server/store/store.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr int kMostUses = 1000;
/// What `sallyport enroll HOST` tries by itself.
constexpr std::uint16_t kDefaultDoor = 8443;

struct CreateOptions {
  std::string user;
  std::string device;
  std::string expires = "24h";
  int uses = 1;
  bool replace = false;
};
struct TokenOptions {
  std::string id;
};

Result<TokenGrant, std::string> grant_of(const CreateOptions& options, WallTime now) {
  const auto user = lower_ascii(options.user);
  if (!is_user_id(user)) return fail(words_for_no_user(options.user));
  if (is_drill(UserId{user})) return fail(user + " is reserved for: sallyportctl revoke --drill");
  if (!options.device.empty() && !is_device_id(options.device)) {
    return fail(words_for_no_device(options.device));
  }
  const auto expires = parse_age(options.expires);
  if (!expires) return fail("--expires: " + expires.error());
  if (!options.device.empty() && options.uses != 1) {
    return fail(std::string{"a token for one device is used once: leave --uses away, or --device"});
  }
  if (options.replace && options.device.empty()) return fail(std::string{"--replace wants to know which: --device ID"});
  return TokenGrant{UserId{user}, DeviceId{options.device}, options.replace ? Replace::Yes : Replace::No,
                    static_cast<unsigned>(options.uses), now + *expires};
}

/// SHA-256 of the authority's certificate: by it a laptop knows the gateway, whose own certificate is of the authority
/// of before until that one is retired.
Result<std::string, std::string> pin_of(const GatewayConfig& config) {
  const auto rotation = load_rotation(config);
  if (!rotation) return fail(to_string(rotation.error()));
  const bool has_own = config.enrolment && rotation->phase != RotationPhase::Retiring;
  const auto path = has_own ? config.enrolment->ca_certificate : signing_files(config, *rotation).certificate;
  const auto text = read_file(path);
  if (!text) return fail(to_string(text.error()));
  const auto certificates = parse_certificates(*text);
  if (!certificates) return fail(path + ": " + certificates.error().words);
  const auto digest = sha256(certificates->front().der);
  if (!digest) return fail(digest.error().words);
  return to_hex(*digest);
}

std::string place_of(const GatewayConfig& config) {
  const bool has_door = config.enrolment && !config.enrolment->listen.empty();
  const auto port = has_door ? config.enrolment->listen.front().port : kDefaultDoor;
  return port == kDefaultDoor ? config.name : fmt::format("{}:{}", config.name, port);
}

std::optional<LinkError> record_token(const GatewayConfig& config, const char* event, const std::string& id,
                                      const TokenGrant& grant, WallTime now) {
  AuditRecord record;
  record.event = event;
  record.user = grant.user.text();
  record.device = grant.device.text();
  record.reference = id;
  return record_action(config, std::move(record), now);
}

void tell_created(Ctl& ctl, const GatewayConfig& config, const TokenGrant& grant, const NewToken& token,
                  const std::string& command) {
  ctl.console.say(
      fmt::format("Token {} for {}{}: {}, good until {}.\nIt is shown this once; the gateway keeps only its hash.\n"
                  "  {}\n"
                  "On the laptop, as root; it asks for the token, so that no shell and no list of processes keeps it:\n"
                  "  {}\n",
                  token.id, grant.user.text(), grant.device.empty() ? "" : " on " + grant.device.text(),
                  counted(grant.uses, "use"), readable_date(grant.expires_at, ctl.now), token.text, command));
  if (config.enrolment && !config.enrolment->listen.empty()) return;
  ctl.console.note(fmt::format(
      "warning: {} opens no door for it; add and restart the gateway:\n  [enrolment]\n  listen = \"[::]:8443\"\n",
      ctl.config_path));
}

CtlExit run_create(Ctl& ctl, const CreateOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto grant = grant_of(options, ctl.now);
  if (!grant) return ctl.console.fail(CtlExit::Usage, grant.error());
  const auto pin = pin_of(*config);
  if (!pin) return ctl.console.fail(CtlExit::Failed, pin.error(), "a new authority: sallyportctl ca init");
  auto store = Store::open(config->database());
  if (!store) return ctl.console.fail(CtlExit::Failed, store.error().words);
  if (!grant->device.empty()) {
    const auto allowed = store->check_enrolment(grant->device, grant->replace);
    if (!allowed) return ctl.console.fail(CtlExit::Failed, allowed.error().words);
  }
  const auto token = make_token();
  if (!token) return ctl.console.fail(CtlExit::Failed, token.error().words);
  if (const auto unrecorded = record_token(*config, "token.created", token->id, *grant, ctl.now))
    return fail_unrecorded(ctl.console, "no token was made", *unrecorded);
  if (auto kept = store->create_token(token->id, token->hash, *grant, ctl.now); !kept) {
    return ctl.console.fail(CtlExit::Failed, kept.error().words);
  }
  const auto command = fmt::format("sallyport enroll {} --pin {}", place_of(*config), *pin);
  tell_created(ctl, *config, *grant, *token, command);
  ctl.console.document({{"id", token->id},
                        {"token", token->text},
                        {"user", grant->user.text()},
                        {"device", grant->device.empty() ? Json(nullptr) : Json(grant->device.text())},
                        {"uses", grant->uses},
                        {"expires_at", format_utc(grant->expires_at)},
                        {"pin", *pin},
                        {"command", command},
                        {"audited", true}});
  return CtlExit::Ok;
}

Json document_of(const TokenRecord& token, WallTime now) {
  return {{"id", token.id},
          {"user", token.grant.user.text()},
          {"device", token.grant.device.empty() ? Json(nullptr) : Json(token.grant.device.text())},
          {"replace", token.grant.replace == Replace::Yes},
          {"uses", token.grant.uses},
          {"used", token.used},
          {"state", name_of(token.state_at(now))},
          {"created_at", format_utc(token.created_at)},
          {"expires_at", format_utc(token.grant.expires_at)},
          {"revoked_at", token.revoked_at ? Json(format_utc(*token.revoked_at)) : Json(nullptr)}};
}

void tell_list(Ctl& ctl, const std::vector<TokenRecord>& tokens) {
  if (tokens.empty()) {
    return ctl.console.say("No token was made yet. First: sallyportctl tokens create --user USER\n");
  }
  TextTable table{{"TOKEN", "USER", "DEVICE", "STATE", "USED", "EXPIRES"}};
  for (const auto& token : tokens) {
    const auto state = token.state_at(ctl.now);
    table.add({token.id, token.grant.user.text(),
               token.grant.device.empty() ? std::string{"(the gateway names it)"} : token.grant.device.text(),
               Cell{std::string{name_of(state)}, state == TokenState::Good ? Style::Good : Style::Plain},
               fmt::format("{} of {}", token.used, token.grant.uses), readable_date(token.grant.expires_at, ctl.now)});
  }
  ctl.console.show(table);
}

CtlExit run_list(Ctl& ctl, const NoOptions& /*none*/) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto tokens = records->store.tokens();
  if (!tokens) return ctl.console.fail(CtlExit::Failed, tokens.error().words);
  tell_list(ctl, *tokens);
  Json list = Json::array();
  for (const auto& token : *tokens) list.push_back(document_of(token, ctl.now));
  ctl.console.document({{"tokens", std::move(list)}});
  return CtlExit::Ok;
}

CtlExit run_revoke(Ctl& ctl, const TokenOptions& options) {
  auto records = open_records(ctl);
  if (!records) return CtlExit::Failed;
  const auto tokens = records->store.tokens();
  if (!tokens) return ctl.console.fail(CtlExit::Failed, tokens.error().words);
  if (auto done = records->store.revoke_token(options.id, ctl.now); !done) {
    return ctl.console.fail(CtlExit::Failed, done.error().words);
  }
  TokenGrant grant;
  for (const auto& token : *tokens) {
    if (token.id == options.id) grant = token.grant;
  }
  if (const auto unrecorded = record_token(records->config, "token.revoked", options.id, grant, ctl.now))
    return fail_unrecorded(ctl.console, fmt::format("token {} is of no use any more", options.id), *unrecorded);
  ctl.console.say(
      fmt::format("Token {} is of no use any more. Devices it enrolled stay: sallyportctl devices list\n", options.id));
  ctl.console.document({{"id", options.id}, {"audited", true}});
  return CtlExit::Ok;
}

void add_create(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<CreateOptions>();
  const auto verb = add_verb<CreateOptions>(
      noun, ctl, "create", "Let one person enrol a laptop without sending files",
      "  sallyportctl tokens create --user ana@example.com --expires 1h\n"
      "  sallyportctl tokens create --user ana@example.com --device ana-laptop --replace\n"
      "It answers with the token and the line to type on the laptop, which asks for it. Send the token to that person\n"
      "alone, over a channel you trust: whoever has it can enrol a laptop in their name until it is used or expires.",
      options, run_create);
  verb.add_option("--user", options->user, "E-mail address of the person").required();
  verb.add_option("--device", options->device, "Name of the device; default: the gateway makes one");
  verb.add_option("--expires", options->expires, "How long it is good: 30m, 1h, 7d").show_default();
  verb.add_option("--uses", options->uses, "How many laptops it enrols").between(1, kMostUses).show_default();
  verb.add_flag("--replace", options->replace, "Let it take the place of the active device of that name");
}

}  // namespace

void add_tokens_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("tokens", "One-time tokens by which laptops enrol over the network");
  add_create(noun, ctl);
  (void)add_verb<NoOptions>(noun, ctl, "list", "List all tokens, with or without a running gateway",
                            "  sallyportctl tokens list\n"
                            "  sallyportctl tokens list --json | jq '.tokens[] | select(.state == \"good\")'",
                            std::make_shared<NoOptions>(), run_list);
  const auto options = std::make_shared<TokenOptions>();
  const auto revoke =
      add_verb<TokenOptions>(noun, ctl, "revoke", "Take a token back before it is used",
                             "  sallyportctl tokens revoke 3f2a90c1\n"
                             "Devices that it enrolled stay; to cut one off: sallyportctl devices revoke ID",
                             options, run_revoke);
  revoke.add_option("TOKEN", options->id, "The short name from: sallyportctl tokens list").required();
}

}  // namespace sallyport
