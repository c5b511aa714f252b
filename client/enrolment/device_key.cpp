#include "client/enrolment/device_key.hpp"

#include "client/enrolment/device_files.hpp"
#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "common/base/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <limits>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxNote = 256;
/// Longer than making a key and getting its certificate may take.
constexpr std::time_t kFresh = 180;

PkiError cannot_note(const FileError& error) { return {PkiProblem::File, to_string(error)}; }

/// "ID PROCESS": what was about to be made, and by whom.
struct Note {
  ByteBuffer id;
  unsigned process = 0;
};

std::string to_text(const Note& note) { return to_hex(note.id) + ' ' + std::to_string(note.process); }

/// Nullopt for what nobody here wrote.
std::optional<Note> parse_note(const std::string& text) {
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  auto id = from_hex(std::string_view{text}.substr(0, blank));
  const auto process = parse_decimal(std::string_view{text}.substr(blank + 1), std::numeric_limits<int>::max());
  if (!id || id->empty() || !process) return std::nullopt;
  return Note{std::move(*id), *process};
}

/// Another process made the pair a moment ago and is still at it: the daemon renews, or somebody enrols.
bool is_in_use(const DeviceFiles& files, const Note& note) {
  const auto process = static_cast<pid_t>(note.process);
  if (process <= 0 || process == ::getpid() || (::kill(process, 0) != 0 && errno == ESRCH)) return false;
  struct stat status {};
  return ::stat(files.pending().c_str(), &status) == 0 && std::time(nullptr) - status.st_mtime < kFresh;
}

Result<DeviceKey, PkiError> make_pair(const DeviceFiles& files, const std::shared_ptr<Token>& token,
                                      const PublicKey* current) {
  if (auto dropped = drop_pending_key(files, *token); !dropped) return fail(dropped.error());
  // A pair that counts already and is not in its place yet would be lost sight of by the one after it.
  if (auto settled = settle_next(files, token); !settled)
    return fail(PkiError{PkiProblem::TokenFailed, settled.error()});
  const auto id = Token::new_pair_id();
  if (!id) return fail(id.error());
  const auto note = to_text({*id, static_cast<unsigned>(::getpid())});
  if (const auto noted = write_file_atomically(files.pending(), note, 0600); !noted) {
    return fail(cannot_note(noted.error()));
  }
  // A new key is as strong as the one before.
  const auto kind = current == nullptr ? KeyKind::P256 : current->kind();
  auto key = token->make_pair(kind, current == nullptr ? 0 : current->bits(), *id);
  if (!key) return fail(key.error());
  return DeviceKey{std::make_shared<const TokenKey>(token, std::move(*key))};
}

}  // namespace

const SigningKey& signing_key(const DeviceKey& key) noexcept {
  const auto* in_memory = std::get_if<PrivateKey>(&key);
  return in_memory != nullptr ? static_cast<const SigningKey&>(*in_memory)
                              : **std::get_if<std::shared_ptr<const TokenKey>>(&key);
}

Result<std::shared_ptr<Token>, PkiError> Tokens::of(const std::string& key) {
  if (!TokenUri::is_one(key)) return std::shared_ptr<Token>{};
  if (const auto known = tokens_.find(key); known != tokens_.end()) return known->second;
  auto uri = TokenUri::parse(key);
  if (!uri) return fail(uri.error());
  return tokens_.emplace(key, std::make_shared<Token>(std::move(*uri))).first->second;
}

Result<DeviceKey, PkiError> make_next_key(const DeviceFiles& files, const std::shared_ptr<Token>& token,
                                          const PublicKey* current) {
  if (token && !token->uri().is_fixed()) return make_pair(files, token, current);
  if (token && current != nullptr) return DeviceKey{std::make_shared<const TokenKey>(token, *current)};
  if (token) return fail(PkiError{PkiProblem::KeyAbsent, "the token holds no key with the id that the URI says"});
  auto key = PrivateKey::generate(KeyKind::P256);
  if (!key) return fail(key.error());
  return DeviceKey{std::move(*key)};
}

Result<void, PkiError> drop_pending_key(const DeviceFiles& files, Token& token) {
  if (!file_exists(files.pending())) return {};
  const auto text = read_secret_file(files.pending(), kMaxNote);
  if (!text) return fail(cannot_note(text.error()));
  const auto note = parse_note(*text);
  if (note && is_in_use(files, *note)) {
    return fail(PkiError{PkiProblem::TokenFailed,
                         "another program is getting this device a certificate; try again in three minutes"});
  }
  const auto counting = load_certificate(files);
  const auto keys = token.keys();
  if (!keys) return fail(keys.error());
  // Whoever wrote the note may have died after the certificate of this very pair began to count.
  const bool counts = note && counting && std::any_of(keys->begin(), keys->end(), [&](const KeyOnToken& key) {
                        return key.id == note->id && key.public_key == counting->key;
                      });
  if (note && !counts) {
    if (auto gone = token.destroy_pair(note->id); !gone) return gone;
  }
  keep_pending_key(files);
  return {};
}

void keep_pending_key(const DeviceFiles& files) noexcept { (void)::unlink(files.pending().c_str()); }

}  // namespace sallyport
