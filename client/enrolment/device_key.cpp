#include "client/enrolment/device_key.hpp"

#include "client/enrolment/device_files.hpp"
#include "client/enrolment/device_lock.hpp"
#include "client/enrolment/pending_pairs.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

using Pairs = std::vector<PendingPair>;

/// The keys that a certificate of this device is for: the one that counts, and the one of before while that is there.
std::vector<PublicKey> certified_keys(const DeviceFiles& files) {
  std::vector<PublicKey> keys;
  if (auto counting = load_certificate(files)) keys.push_back(std::move(counting->key));
  if (auto before = load_settled_certificate(files)) keys.push_back(std::move(before->key));
  return keys;
}

bool holds(const std::vector<PublicKey>& keys, const std::optional<PublicKey>& key) {
  return key && std::find(keys.begin(), keys.end(), *key) != keys.end();
}

/// Destroys the pairs that are noted and of no use. What is left of the notes: the pair of the session that carries, if
/// no certificate in its place is for it. Requires the lock.
Result<Pairs, PkiError> clear_pending(const DeviceFiles& files, Token& token, const PublicKey* carrying) {
  const auto noted = read_pending_pairs(files);
  if (!noted || noted->empty()) return noted;
  if (std::any_of(noted->begin(), noted->end(), [&](const auto& pair) { return is_at_work(files, pair); })) {
    return fail(PkiError{PkiProblem::TokenFailed,
                         "another program is getting this device a certificate; try again in three minutes"});
  }
  const auto keys = token.keys();
  if (!keys) return fail(keys.error());
  const auto certified = certified_keys(files);
  Pairs left;
  for (const auto& pair : *noted) {
    const auto found =
        std::find_if(keys->begin(), keys->end(), [&](const KeyOnToken& key) { return key.id == pair.id; });
    const auto key = found == keys->end() ? std::nullopt : found->public_key;
    // Whoever wrote the note may have died after the certificate of this very pair began to count.
    if (holds(certified, key)) continue;
    if (carrying != nullptr && key && *key == *carrying) {
      left.push_back({pair.id, 0});
      continue;
    }
    if (auto gone = token.destroy_pair(pair.id); !gone) return fail(gone.error());
  }
  return left;
}

/// A pair that counts and is not in its place yet: the one after it takes its place, and it must not be lost sight of.
/// The pair of before stays while a session may carry by it, which is until a newer one has connected.
Result<void, PkiError> note_unsettled(const DeviceFiles& files, const std::shared_ptr<Token>& token,
                                      const PublicKey* carrying, Pairs& notes) {
  if (!file_exists(files.next())) return {};
  const auto counting = load_certificate(files);
  if (!counting) return fail(PkiError{PkiProblem::TokenFailed, counting.error()});
  if (carrying != nullptr && counting->key == *carrying) {
    if (auto settled = settle_next(files, token); !settled)
      return fail(PkiError{PkiProblem::TokenFailed, settled.error()});
    return {};
  }
  const auto keys = token->keys();
  if (!keys) return fail(keys.error());
  for (const auto& key : *keys) {
    if (key.public_key && *key.public_key == counting->key) notes.push_back({key.id, 0});
  }
  return {};
}

PkiError locked_by_another(std::string words) { return {PkiProblem::File, std::move(words)}; }

Result<DeviceKey, PkiError> make_pair(const DeviceFiles& files, const std::shared_ptr<Token>& token,
                                      const PublicKey* current, const PublicKey* carrying) {
  const auto lock = DeviceLock::take(files, kCommandPatience);
  if (!lock) return fail(locked_by_another(lock.error()));
  auto notes = clear_pending(files, *token, carrying);
  if (!notes) return fail(notes.error());
  if (auto noted = note_unsettled(files, token, carrying, *notes); !noted) return fail(noted.error());
  const auto id = Token::new_pair_id();
  if (!id) return fail(id.error());
  notes->push_back({*id, static_cast<unsigned>(::getpid())});
  if (auto noted = write_pending_pairs(files, *notes); !noted) return fail(noted.error());
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
                                          const PublicKey* current, const PublicKey* carrying) {
  if (token && !token->uri().is_fixed()) return make_pair(files, token, current, carrying);
  if (token && current != nullptr) return DeviceKey{std::make_shared<const TokenKey>(token, *current)};
  if (token) return fail(PkiError{PkiProblem::KeyAbsent, "the token holds no key with the id that the URI says"});
  auto key = PrivateKey::generate(KeyKind::P256);
  if (!key) return fail(key.error());
  return DeviceKey{std::move(*key)};
}

Result<void, PkiError> drop_pending_key(const DeviceFiles& files, Token& token) {
  if (!file_exists(files.pending())) return {};
  const auto lock = DeviceLock::take(files, kCommandPatience);
  if (!lock) return fail(locked_by_another(lock.error()));
  const auto left = clear_pending(files, token, nullptr);
  if (!left) return fail(left.error());
  return write_pending_pairs(files, *left);
}

void keep_pending_key(const DeviceFiles& files) {
  auto noted = read_pending_pairs(files);
  if (!noted) return;
  std::erase_if(*noted, [](const PendingPair& pair) { return pair.process != 0; });
  (void)write_pending_pairs(files, *noted);
}

Result<void, PkiError> drop_superseded_keys(const DeviceFiles& files, Token& token) {
  auto noted = read_pending_pairs(files);
  if (!noted) return fail(noted.error());
  const auto is_over = [](const PendingPair& pair) { return pair.process == 0; };
  if (std::none_of(noted->begin(), noted->end(), is_over)) return {};
  const auto keys = token.keys();
  if (!keys) return fail(keys.error());
  const auto certified = certified_keys(files);
  for (const auto& key : *keys) {
    const bool is_noted =
        std::any_of(noted->begin(), noted->end(), [&](const auto& pair) { return is_over(pair) && pair.id == key.id; });
    if (!is_noted || holds(certified, key.public_key)) continue;
    if (auto gone = token.destroy_pair(key.id); !gone) return gone;
  }
  std::erase_if(*noted, is_over);
  return write_pending_pairs(files, *noted);
}

}  // namespace sallyport
