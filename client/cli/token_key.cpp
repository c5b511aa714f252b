#include "client/cli/token_key.hpp"

#include "client/cli/code_input.hpp"
#include "common/base/text.hpp"

#include <string.h>

#include <utility>

namespace sallyport {
namespace {

using Keys = std::vector<KeyOnToken>;

EstFailure failure_of(const PkiError& error) {
  const std::string reason{token_reason(error.problem)};
  return {reason.empty() ? "enrol_failed" : reason, to_string(error)};
}

Result<void, EstFailure> unlock(Token& token, const PkiError& needed, const TokenConsent& consent) {
  if (!consent.may_ask && !consent.pin_stdin) return fail(failure_of(needed));
  auto typed = ask_for_pin(token.uri().token_name(), consent.pin_stdin);
  if (!typed) return fail(EstFailure{"pin_needed", typed.error()});
  Secret pin{*typed};
  ::explicit_bzero(typed->data(), typed->size());
  if (pin.empty()) return fail(EstFailure{"pin_needed", "no PIN was typed, and none was tried"});
  if (const auto unlocked = token.unlock(std::move(pin)); !unlocked) return fail(failure_of(unlocked.error()));
  return {};
}

Result<Keys, EstFailure> list_keys(Token& token, const TokenConsent& consent) {
  auto keys = token.keys();
  if (!keys && keys.error().problem == PkiProblem::PinNeeded) {
    if (const auto unlocked = unlock(token, keys.error(), consent); !unlocked) return fail(unlocked.error());
    keys = token.keys();
  }
  if (!keys) return fail(failure_of(keys.error()));
  return std::move(*keys);
}

/// It may be there for something else, and somebody may have a copy of it.
Result<DeviceKey, EstFailure> take_key(const std::shared_ptr<Token>& token, const Keys& keys,
                                       const TokenConsent& consent) {
  const auto name = "the token \"" + token->uri().token_name() + '"';
  if (keys.size() > 1) {
    return fail(EstFailure{"key_ambiguous", name + " holds several keys that the URI means; add id= to it"});
  }
  const auto& key = keys.front();
  if (!key.public_key || !key.public_key->is_acceptable() || key.public_key->kind() == KeyKind::Ed25519) {
    return fail(
        EstFailure{"key_unsuitable", "the key on " + name + " is not P-256, P-384 or RSA of 2048 to 4096 bits"});
  }
  const bool is_agreed =
      consent.take_key ||
      (consent.may_ask && ask_whether(name + " holds a " + std::string{describe(key.public_key->kind())} +
                                      " key that this URI means. Enrol this device with it?"));
  if (!is_agreed) {
    return fail(EstFailure{"key_exists", name + " holds a key that the URI means, and it was not taken: name another "
                                                "object= for a new one, or agree with --take-key"});
  }
  return DeviceKey{std::make_shared<const TokenKey>(token, *key.public_key)};
}

}  // namespace

Result<DeviceKey, EstFailure> choose_token_key(const DeviceFiles& files, const std::shared_ptr<Token>& token,
                                               const TokenConsent& consent) {
  const auto keys = list_keys(*token, consent);
  if (!keys) return fail(keys.error());
  const auto current = load_certificate(files);
  const bool is_known = current && keys->size() == 1 && keys->front().public_key == current->key;
  if (token->uri().is_fixed() && is_known) return DeviceKey{std::make_shared<const TokenKey>(token, current->key)};
  // Where a device is enrolled anew, its key of before is what is there.
  if (!keys->empty() && (token->uri().is_fixed() || !current)) return take_key(token, *keys, consent);
  auto key = make_next_key(files, token, nullptr);
  if (!key) return fail(failure_of(key.error()));
  return std::move(*key);
}

}  // namespace sallyport
