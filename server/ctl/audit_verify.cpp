#include "server/ctl/audit_verify.hpp"

#include "common/base/file.hpp"
#include "common/base/text.hpp"
#include "common/pki/pem.hpp"
#include "server/audit/audit_files.hpp"
#include "server/audit/kept_head.hpp"
#include "server/audit/verifier.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <sstream>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxHeads = 64U << 20U;
/// A gateway writes a line in far less.
constexpr auto kLineTime = std::chrono::milliseconds{100};

struct VerifyOptions {
  std::vector<std::string> files;
  std::vector<std::string> keys;
  std::vector<std::string> heads;
};

/// What the files are held against.
struct Yardstick {
  AuditKeys keys;
  std::vector<KnownHead> heads;
};

Result<void, std::string> add_public_keys(AuditKeys& keys, const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(to_string(text.error()));
  const auto blocks = from_pem("PUBLIC KEY", *text);
  if (!blocks) return fail(path + ": " + blocks.error().words);
  if (blocks->empty()) return fail(path + ": holds no public key, as `sallyportctl audit key` prints it");
  for (const auto& block : *blocks) {
    const auto key = PublicKey::parse(block);
    if (!key) return fail(path + ": " + key.error().words);
    if (auto added = keys.add(*key); !added) return fail(path + ": " + added.error());
  }
  return {};
}

/// A file of heads, one a line.
Result<void, std::string> add_heads(Yardstick& yardstick, const std::string& path) {
  const auto text = read_file(path, kMaxHeads);
  if (!text) return fail(to_string(text.error()));
  std::istringstream lines{*text};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    const auto head = read_known_head(line, yardstick.keys);
    if (!head) return fail(fmt::format("{}:{}: {}", path, number, head.error()));
    yardstick.heads.push_back(*head);
  }
  return {};
}

/// Of this host, where nothing else is said.
Result<void, std::string> add_own(Yardstick& yardstick, const AuditPlaces& places, const VerifyOptions& options) {
  if (options.keys.empty()) {
    const auto key = PrivateKey::load(places.key);
    if (!key) return fail(key.error().words);
    if (auto added = yardstick.keys.add(key->public_key()); !added) return fail(places.key + ": " + added.error());
  }
  const bool is_own_head = options.heads.empty() && options.files.empty();
  const auto kept = read_kept_head(places.head);
  if (!is_own_head || !kept || kept->file != places.file) return {};
  const auto head = read_known_head(kept->line, yardstick.keys);
  if (!head) return fail(places.head + ": " + head.error());
  yardstick.heads.push_back(*head);
  return {};
}

Result<Yardstick, std::string> yardstick_of(const AuditPlaces& places, const VerifyOptions& options) {
  Yardstick yardstick;
  for (const auto& path : options.keys) {
    if (auto added = add_public_keys(yardstick.keys, path); !added) return fail(added.error());
  }
  if (auto added = add_own(yardstick, places, options); !added) return fail(added.error());
  for (const auto& path : options.heads) {
    if (auto added = add_heads(yardstick, path); !added) return fail(added.error());
  }
  return yardstick;
}

Result<std::vector<LineFile>, FileError> files_of(const VerifyOptions& options, const AuditPlaces& places) {
  if (options.files.empty()) return open_audit_files(places.file);
  std::vector<LineFile> files;
  for (const auto& path : options.files) {
    auto file = LineFile::open(path);
    if (!file) return fail(file.error());
    if (!*file) return fail(FileError{path, "there is no such file"});
    files.push_back(std::move(**file));
  }
  return files;
}

Result<AuditVerdict, FileError> verify(const VerifyOptions& options, const AuditPlaces& places,
                                       const Yardstick& yardstick) {
  auto files = files_of(options, places);
  if (!files) return fail(files.error());
  if (files->empty()) return fail(FileError{places.file, "there is no audit file"});
  AuditVerifier verifier{{.keys = yardstick.keys, .heads = yardstick.heads, .is_whole = options.files.empty()}};
  for (auto& file : *files) {
    verifier.begin_file(file.path());
    const auto take = [&](const FileLine& line) { verifier.take(line); };
    if (auto read = file.read(take); !read) return fail(read.error());
    bool is_half = false;
    file.show_half([&](const FileLine&) { is_half = true; });
    // A gateway may be writing that line just now.
    if (is_half) {
      std::this_thread::sleep_for(kLineTime);
      if (auto read = file.read(take); !read) return fail(read.error());
    }
    file.show_half(take);
  }
  return verifier.finish();
}

Json document_of(const AuditVerdict& verdict) {
  Json fault = nullptr;
  if (verdict.fault) {
    fault = {{"kind", name_of(verdict.fault->kind)},
             {"file", verdict.fault->file},
             {"line", verdict.fault->line},
             {"sequence", verdict.fault->sequence},
             {"words", verdict.fault->words}};
  }
  return {{"intact", !verdict.fault.has_value()},
          {"records", verdict.records},
          {"first", verdict.first},
          {"last", verdict.last},
          {"heads", verdict.heads},
          {"signed_to", verdict.signed_to},
          {"signed_at", verdict.signed_at.empty() ? Json(nullptr) : Json(verdict.signed_at)},
          {"unsigned", verdict.last - verdict.signed_to},
          {"lost", verdict.lost},
          {"fault", std::move(fault)}};
}

void tell(Console& console, const AuditVerdict& verdict) {
  if (verdict.fault) {
    const auto& fault = *verdict.fault;
    console.say(fmt::format("{}:{}: {}: {}\n", escape_untrusted(fault.file, 4096), fault.line,
                            console.styled(name_of(fault.kind), Style::Bad), fault.words));
    console.say(fmt::format("Before it {} good.\n",
                            verdict.records == 1 ? "1 record is" : fmt::format("{} records are", verdict.records)));
  } else {
    console.say(fmt::format("{}: {}, numbers {} to {}, {}.\n", console.styled("Intact", Style::Good),
                            counted(verdict.records, "record"), verdict.first, verdict.last,
                            counted(verdict.heads, "signed head")));
  }
  if (verdict.signed_to != 0)
    console.say(fmt::format("The last good head is number {}, signed at {}.\n", verdict.signed_to, verdict.signed_at));
  else
    console.say(console.styled("Nothing of it is signed.\n", Style::Warning));
  if (verdict.lost != 0)
    console.say(fmt::format("The gateway says that {} could not be written.\n", counted(verdict.lost, "record")));
}

CtlExit run_verify(Ctl& ctl, const VerifyOptions& options) {
  // Elsewhere than on the gateway there is no configuration, and none is needed.
  const bool is_elsewhere = !options.files.empty() && !options.keys.empty();
  const auto config = is_elsewhere ? std::optional{GatewayConfig{}} : ctl.config();
  if (!config) return CtlExit::Failed;
  const auto places = audit_places(config->audit, config->state);
  const auto yardstick = yardstick_of(places, options);
  if (!yardstick) {
    return ctl.console.fail(CtlExit::Failed, "nothing to verify by: " + yardstick.error(),
                            "use sudo; or name the public key: --key FILE (printed by: sallyportctl audit key)");
  }
  auto verdict = verify(options, places, *yardstick);
  // What is gone at a second look was a gateway at work.
  if (verdict && verdict->fault && options.files.empty()) verdict = verify(options, places, *yardstick);
  if (!verdict) return ctl.console.fail(CtlExit::Failed, to_string(verdict.error()));
  tell(ctl.console, *verdict);
  auto document = document_of(*verdict);
  document["ok"] = !verdict->fault.has_value();
  ctl.console.document(std::move(document));
  return verdict->fault ? CtlExit::Damaged : CtlExit::Ok;
}

CtlExit run_key(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto places = audit_places(config->audit, config->state);
  const auto key = PrivateKey::load(places.key);
  const auto id = key ? audit_key_id(key->public_key()) : fail(key.error());
  if (!id) return ctl.console.fail(CtlExit::Failed, id.error().words, "use sudo; it is made with the first record");
  const auto pem = to_pem("PUBLIC KEY", key->public_key().der());
  if (!ctl.console.json()) ctl.console.data(pem);
  ctl.console.document({{"key", *id}, {"pem", pem}});
  return CtlExit::Ok;
}

CtlExit run_head(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto places = audit_places(config->audit, config->state);
  if (::faccessat(AT_FDCWD, places.head.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES)
    return ctl.console.fail(CtlExit::NotPermitted, places.head + ": cannot be opened: Permission denied", "use sudo");
  const auto kept = read_kept_head(places.head);
  const auto parsed = kept ? parse_chained_line(kept->line) : std::nullopt;
  if (!parsed || !parse_head(*parsed)) {
    return ctl.console.fail(CtlExit::Failed, places.head + ": there is no head that can be read",
                            "use sudo; it is written a second after the first record");
  }
  // The same with --json: it is one document on one line.
  ctl.console.data(kept->line + '\n');
  return CtlExit::Ok;
}

}  // namespace

void add_audit_verify(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<VerifyOptions>();
  const auto verb = add_verb<VerifyOptions>(
      noun, ctl, "verify", "Say whether a record was changed, removed, added or moved",
      "  sallyportctl audit verify\n"
      "  sallyportctl audit verify --json | jq .fault\n"
      "  sallyportctl audit verify --key audit.pub --head heads.jsonl audit.jsonl.000000000001 audit.jsonl\n"
      "Needs no gateway. Names the first bad line. Without FILES, all files of this gateway are read in order, with "
      "its\n"
      "own key and newest head. An attacker with root has that key too: verify elsewhere, with a key fetched before "
      "and\n"
      "heads collected since (docs/audit.md section 7).\n"
      "Exit codes: 0 intact; 1 cannot be checked; 2 wrong usage; 4 not permitted; 5 a line is bad.",
      options, run_verify);
  verb.add_option("FILES", options->files, "Files to read in this order; default: all of this gateway");
  verb.add_option("--key", options->keys, "Public keys whose heads count, PEM; default: this gateway's")
      .one_value_each();
  verb.add_option("--head", options->heads, "Files of heads that are known, one a line; default: this gateway's newest")
      .one_value_each();
}

void add_audit_key(Command noun, Ctl& ctl) {
  (void)add_verb<NoOptions>(noun, ctl, "key", "Print the public key that heads are verified with",
                            "  sallyportctl audit key >audit.pub\n"
                            "Keep it on another machine: one that lies beside the file is an attacker's to exchange.",
                            std::make_shared<NoOptions>(), run_key);
}

void add_audit_head(Command noun, Ctl& ctl) {
  (void)add_verb<NoOptions>(noun, ctl, "head", "Print the newest signed head",
                            "  ssh gateway sallyportctl audit head >>heads.jsonl     from a timer of another machine\n"
                            "No record from before a head that has left can be altered unnoticed:\n"
                            "  sallyportctl audit verify --key audit.pub --head heads.jsonl FILES",
                            std::make_shared<NoOptions>(), run_head);
}

}  // namespace sallyport
