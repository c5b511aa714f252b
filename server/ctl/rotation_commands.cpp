#include "common/pki/certificate_authority.hpp"
#include "common/wire/authorities.hpp"
#include "server/ctl/admin_record.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/device_notice.hpp"
#include "server/ctl/open_records.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/rotation_steps.hpp"
#include "server/ctl/rotation_survey.hpp"
#include "server/ctl/rotation_text.hpp"
#include "server/policy/age_limit.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

struct RotateOptions {
  bool status = false;
  bool issue = false;
  bool finish = false;
  bool force = false;
  std::string renew_within;
  int days = static_cast<int>(kDefaultCaLifetime.count());
};
struct RetireOptions {
  bool force = false;
};

/// What every step works on; what cannot be had was said.
struct Subject {
  GatewayConfig config;
  Store store;
  FileDescriptor lock;
  Rotation rotation;
};

enum class Purpose { Look, Change };

/// Who only looks waits for nobody and needs no rights to change anything.
std::optional<Subject> open_subject(Ctl& ctl, Purpose purpose) {
  auto records = open_records(ctl);
  if (!records) return std::nullopt;
  auto lock = purpose == Purpose::Change ? lock_rotation(records->config) : Result<FileDescriptor, std::string>{};
  if (!lock) {
    ctl.console.fail(CtlExit::Failed, lock.error());
    return std::nullopt;
  }
  auto rotation = load_rotation(records->config);
  if (rotation)
    return Subject{std::move(records->config), std::move(records->store), std::move(*lock), std::move(*rotation)};
  ctl.console.fail(CtlExit::Failed, to_string(rotation.error()));
  return std::nullopt;
}

std::optional<RotationSurvey> survey_of(Ctl& ctl, Subject& subject) {
  auto survey = survey_rotation(subject.config, subject.store, subject.rotation, ctl.now);
  if (survey) return std::move(*survey);
  ctl.console.fail(CtlExit::Failed, survey.error().words);
  return std::nullopt;
}

CtlExit show(Ctl& ctl, Subject& subject, const DeviceNotice* notice = nullptr) {
  const auto survey = survey_of(ctl, subject);
  if (!survey) return CtlExit::Failed;
  if (notice != nullptr) say_notice(ctl.console, *notice, "it reads this when it starts.");
  auto document = rotation_document(subject.config, subject.rotation, *survey);
  say_rotation(ctl.console, document, subject.rotation, *survey, ctl.now);
  if (notice != nullptr) add_notice(document, *notice);
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

/// The step is taken on disk: the running gateway goes by it, or the administrator learns that it does not.
CtlExit settle(Ctl& ctl, Subject& subject) {
  const auto notice = tell_gateway_of_devices(subject.config);
  if (!notice.error) return show(ctl, subject, &notice);
  if (!notice.error->diagnostics.empty()) ctl.console.note(to_string(notice.error->diagnostics));
  return ctl.console.fail(notice.error->code,
                          "the step is taken, but the running gateway does not go by it: " + notice.error->words,
                          "correct it, then run the same command again");
}

CtlExit failed(Ctl& ctl, const std::string& words) {
  return ctl.console.fail(CtlExit::Failed, words, "correct it, then run the same command again");
}

CtlExit begin(Ctl& ctl, Subject& subject, int days) {
  auto rotation = begin_rotation(subject.config, subject.store, std::chrono::days{days}, ctl.now);
  if (!rotation) return failed(ctl, rotation.error());
  subject.rotation = std::move(*rotation);
  return settle(ctl, subject);
}

CtlExit nothing_under_way(Ctl& ctl) {
  return ctl.console.fail(CtlExit::Failed, "no change of authorities is under way",
                          "begin with: sallyportctl ca rotate");
}

CtlExit issue(Ctl& ctl, Subject& subject, const std::string& renew_within) {
  if (!subject.rotation.is_under_way()) return nothing_under_way(ctl);
  if (subject.rotation.phase == RotationPhase::Retiring) {
    return ctl.console.fail(CtlExit::Failed, "the old authority counts no more already",
                            "go on with: sallyportctl ca rotate --finish");
  }
  auto within = subject.rotation.renew_within;
  if (!renew_within.empty()) {
    const auto parsed = parse_age(renew_within);
    if (!parsed) return ctl.console.fail(CtlExit::Usage, "--renew-within: " + parsed.error());
    within = *parsed;
  }
  if (within < std::chrono::seconds{1} || within > kMaxRenewWithin) {
    return ctl.console.fail(CtlExit::Usage, "--renew-within: one second to 30 days");
  }
  auto rotation = begin_issuing(subject.config, subject.rotation, within);
  if (!rotation) return failed(ctl, rotation.error());
  subject.rotation = std::move(*rotation);
  return settle(ctl, subject);
}

CtlExit refuse_finish(Ctl& ctl, const RotationSurvey& survey) {
  const auto words = fmt::format("{} of {} devices would be locked out", survey.stranded, survey.counted);
  const std::string hint =
      "let them connect and renew; what will not come back: sallyportctl devices revoke ID, or disable ID;\n"
      "  or lock them out, so that they must enrol again: sallyportctl ca rotate --finish --force";
  if (!ctl.console.json()) {
    ctl.console.note(table_of_missing(survey, ctl.now).to_text(ctl.console.colour()));
    return ctl.console.fail(CtlExit::Failed, words, hint);
  }
  ctl.console.document({{"ok", false},
                        {"error", words},
                        {"hint", hint},
                        {"stranded", survey.stranded},
                        {"devices", survey.counted},
                        {"missing", documents_of_missing(survey)}});
  return CtlExit::Failed;
}

std::size_t good_tokens(Subject& subject, WallTime now) {
  const auto tokens = subject.store.tokens();
  std::size_t good = 0;
  if (!tokens) return good;
  for (const auto& token : *tokens) good += token.state_at(now) == TokenState::Good ? 1 : 0;
  return good;
}

void tell_finished(Ctl& ctl, Subject& subject, const std::string& before, std::size_t stranded, std::uint64_t ended) {
  auto& console = ctl.console;
  console.say(
      fmt::format("The old authority counts no more. Locked out and revoked: {}; sessions ended: {}\n"
                  "Its key is in {}: destroy it, and every copy of it.\n",
                  counted(stranded, "device"), ended, retired_directory(subject.config, before)));
  const auto tokens = good_tokens(subject, ctl.now);
  if (tokens != 0) {
    console.note(
        fmt::format("{} still good, sent with the pin of the old authority: with it they are refused; make new ones.\n",
                    counted(tokens, "enrolment token") + (tokens == 1 ? " is" : " are")));
  }
}

/// Who is locked out is revoked, so that the records say what is so: a gateway does not start while devices that are
/// known would be refused by mistake. Laptops of foreign authorities keep their certificates.
std::optional<CtlExit> lock_out(Ctl& ctl, Subject& subject, const RotationSurvey& survey, std::uint64_t& ended) {
  constexpr std::string_view kRevoked = "revoked";
  for (const auto& device : survey.devices) {
    const auto& record = device.record;
    if (!is_stranded(device.readiness) || !record.authority.empty()) continue;
    if (auto done = subject.store.set_state(record.id, DeviceState::Revoked, ctl.now); !done) {
      return failed(ctl, done.error().words);
    }
    auto notice = tell_gateway_of_change(subject.config, record.id, kRevoked);
    if (!notice.is_running) {
      AuditRecord audit;
      audit.event = "device.revoked";
      audit.user = record.user.text();
      audit.device = record.id.text();
      audit.serial = record.serial;
      notice.error = record_action(subject.config, std::move(audit), ctl.now);
    }
    if (notice.error) return ctl.console.fail(notice.error->code, notice.error->words, notice.error->hint);
    ended += notice.ended;
  }
  return std::nullopt;
}

/// A gateway that cannot sign by the next authority could not live by it alone: that is found out while the old one
/// still counts. Nullopt: it can, or none is running.
std::optional<CtlExit> prove_next(Ctl& ctl, Subject& subject) {
  auto issuing = begin_issuing(subject.config, subject.rotation, subject.rotation.renew_within);
  if (!issuing) return failed(ctl, issuing.error());
  subject.rotation = std::move(*issuing);
  if (tell_gateway_of_devices(subject.config).error) return settle(ctl, subject);
  return std::nullopt;
}

/// Twice the gateway is told: when the one of before counts no more, and when the files are in their places.
CtlExit finish(Ctl& ctl, Subject& subject, bool force) {
  if (!subject.rotation.is_under_way()) return nothing_under_way(ctl);
  const auto survey = survey_of(ctl, subject);
  if (!survey) return CtlExit::Failed;
  const bool is_decided = subject.rotation.phase == RotationPhase::Retiring;
  if (!is_decided && survey->stranded != 0 && !force) return refuse_finish(ctl, *survey);
  std::uint64_t ended = 0;
  if (!is_decided) {
    if (const auto obstacle = prove_next(ctl, subject)) return *obstacle;
    if (const auto obstacle = lock_out(ctl, subject, *survey, ended)) return *obstacle;
  }
  const auto before = subject.rotation.current;
  auto retiring = begin_retiring(subject.config, subject.store, subject.rotation, ctl.now);
  if (!retiring) return failed(ctl, retiring.error());
  subject.rotation = std::move(*retiring);
  auto notice = tell_gateway_of_devices(subject.config);
  if (notice.error) return settle(ctl, subject);
  notice.ended += ended;
  auto done = finish_retiring(subject.config, subject.rotation);
  if (!done) return failed(ctl, done.error());
  subject.rotation = std::move(*done);
  if (tell_gateway_of_devices(subject.config).error) return settle(ctl, subject);
  if (!ctl.console.json()) tell_finished(ctl, subject, before, survey->stranded, notice.ended);
  Json document{{"phase", name_of(subject.rotation.phase)},
                {"retired", before},
                {"devices", survey->counted},
                {"stranded", survey->stranded},
                {"missing", documents_of_missing(*survey)},
                {"old_key", retired_directory(subject.config, before) + "/ca.key"},
                {"tokens_to_make_anew", good_tokens(subject, ctl.now)}};
  add_notice(document, notice);
  ctl.console.document(std::move(document));
  return CtlExit::Ok;
}

/// Before it is tried.
std::optional<LinkError> record_step(Ctl& ctl, const Subject& subject, const char* step) {
  AuditRecord record;
  record.event = "authority.rotate";
  record.reason = step;
  return record_action(subject.config, std::move(record), ctl.now);
}

CtlExit run_rotate(Ctl& ctl, const RotateOptions& options) {
  auto subject = open_subject(ctl, options.status ? Purpose::Look : Purpose::Change);
  if (!subject) return CtlExit::Failed;
  if (options.status) return show(ctl, *subject);
  const char* step = options.issue ? "issue" : options.finish ? "finish" : "begin";
  if (const auto error = record_step(ctl, *subject, step))
    return fail_unrecorded(ctl.console, "nothing has changed", *error);
  if (options.issue) return issue(ctl, *subject, options.renew_within);
  if (options.finish) return finish(ctl, *subject, options.force);
  return begin(ctl, *subject, options.days);
}

CtlExit run_status(Ctl& ctl, const NoOptions& /*none*/) {
  auto subject = open_subject(ctl, Purpose::Look);
  return subject ? show(ctl, *subject) : CtlExit::Failed;
}

CtlExit run_retire(Ctl& ctl, const RetireOptions& options) {
  auto subject = open_subject(ctl, Purpose::Change);
  if (!subject) return CtlExit::Failed;
  if (const auto error = record_step(ctl, *subject, "finish"))
    return fail_unrecorded(ctl.console, "nothing has changed", *error);
  return finish(ctl, *subject, options.force);
}

CtlExit refuse_abort(Ctl& ctl, std::uint64_t issued) {
  return ctl.console.fail(CtlExit::Failed,
                          fmt::format("the new authority signed {} already: it cannot be given up any more",
                                      counted(issued, "certificate")),
                          "go on with: sallyportctl ca rotate --issue");
}

/// A gateway that signs by the new authority stops first, and only then counts what was signed.
CtlExit run_abort(Ctl& ctl, const NoOptions& /*none*/) {
  auto subject = open_subject(ctl, Purpose::Change);
  if (!subject) return CtlExit::Failed;
  if (const auto error = record_step(ctl, *subject, "abort"))
    return fail_unrecorded(ctl.console, "nothing has changed", *error);
  auto& [config, store, lock, rotation] = *subject;
  if (!rotation.is_under_way()) return nothing_under_way(ctl);
  if (rotation.phase == RotationPhase::Retiring) {
    return ctl.console.fail(CtlExit::Failed, "the old authority counts no more already",
                            "go on with: sallyportctl ca rotate --finish");
  }
  const auto issued = store.count_issued_by(rotation.next);
  if (!issued) return ctl.console.fail(CtlExit::Failed, issued.error().words);
  if (*issued != 0) return refuse_abort(ctl, *issued);
  if (rotation.phase == RotationPhase::Issuing) {
    auto held = rotation;
    held.phase = RotationPhase::Spreading;
    if (auto stored = store_rotation(config, held); !stored) return failed(ctl, to_string(stored.error()));
    if (tell_gateway_of_devices(config).error) return settle(ctl, *subject);
    const auto meanwhile = store.count_issued_by(rotation.next);
    if (!meanwhile) return ctl.console.fail(CtlExit::Failed, meanwhile.error().words);
    if (*meanwhile != 0) return refuse_abort(ctl, *meanwhile);
  }
  auto done = give_up(config, rotation);
  if (!done) return failed(ctl, done.error());
  rotation = std::move(*done);
  ctl.console.say("The new authority is given up; laptops that have it already let it go.\n");
  return settle(ctl, *subject);
}

void add_rotate(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<RotateOptions>();
  const auto verb = add_verb<RotateOptions>(
      noun, ctl, "rotate", "Put a new authority in the place of the present one, while everybody stays connected",
      "  sallyportctl ca rotate                           make it; both are trusted, laptops are told of it\n"
      "  sallyportctl ca status                           97/100 devices have the new root\n"
      "  sallyportctl ca rotate --issue --renew-within 7d it signs for laptops that have it; they renew\n"
      "  sallyportctl ca rotate --finish                  the old one counts no more\n"
      "Each step may be repeated, and goes on where it was interrupted. --finish refuses while a device would be\n"
      "locked out; --force does it all the same. Before anything was signed: sallyportctl ca abort",
      options, run_rotate);
  auto status = verb.add_flag("--status", options->status, "Only show how far it is: as sallyportctl ca status");
  auto issue = verb.add_flag("--issue", options->issue, "Let the new authority sign");
  auto finish = verb.add_flag("--finish", options->finish, "Retire the old authority: as sallyportctl ca retire");
  issue.excludes(status);
  finish.excludes(status).excludes(issue);
  verb.add_flag("--force", options->force, "With --finish: lock out the devices that are not ready").needs(finish);
  verb.add_option("--renew-within", options->renew_within,
                  "With --issue: laptops renew at random moments within this time (default: 1d)")
      .needs(issue);
  add_days(verb, options->days, "How long the new authority lives");
}

}  // namespace

void add_rotation_commands(Command noun, Ctl& ctl) {
  add_rotate(noun, ctl);
  (void)add_verb<NoOptions>(noun, ctl, "status", "Show which devices have the new authority, and which lack what",
                            "  sallyportctl ca status\n"
                            "  sallyportctl ca status --json | jq -r '.missing[].device'\n"
                            "With or without a running gateway.",
                            std::make_shared<NoOptions>(), run_status);
  const auto options = std::make_shared<RetireOptions>();
  const auto retire = add_verb<RetireOptions>(noun, ctl, "retire", "The last step of: sallyportctl ca rotate",
                                              "  sallyportctl ca retire\n"
                                              "  sallyportctl ca retire --force\n"
                                              "Refuses while a device would be locked out, and says which and why.",
                                              options, run_retire);
  retire.add_flag("--force", options->force, "Lock out the devices that are not ready");
  (void)add_verb<NoOptions>(noun, ctl, "abort", "Give the new authority up before it signed anything",
                            "  sallyportctl ca abort\n"
                            "Its key is removed; laptops that were told of it are told to let it go.",
                            std::make_shared<NoOptions>(), run_abort);
}

}  // namespace sallyport
