#include "common/pki/token.hpp"

#include "common/base/file.hpp"
#include "common/pki/random.hpp"
#include "common/pki/token_objects.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace sallyport {
namespace {

/// Ids of pairs that Sallyport made begin so.
constexpr std::string_view kMark = "sallyport";
constexpr std::size_t kIdSize = 16;

bool is_ours(Bytes id) { return id.size() == kIdSize && as_text(id).starts_with(kMark); }

/// How many tries are left, as far as the token tells.
std::string tries_left(CK_FLAGS flags) {
  if ((flags & CKF_USER_PIN_LOCKED) != 0) return "; it is locked now";
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) return "; ONE try is left before it locks itself";
  if ((flags & CKF_USER_PIN_COUNT_LOW) != 0) return "; few tries are left before it locks itself";
  return {};
}

PkiError pin_locked(const std::string& token) {
  return {
      PkiProblem::PinLocked,
      "the token \"" + token + "\" is locked after too many wrong PINs; unlock it with its own tools (SO PIN or PUK)"};
}

}  // namespace

struct Token::State {
  explicit State(const TokenUri& uri) : modules{uri} {}

  Pkcs11Modules modules;
  std::optional<TokenPlace> place;
  std::optional<TokenSession> session;
  /// Found once per session: a handle is good as long as it.
  std::optional<PublicKey> known_key;
  CK_OBJECT_HANDLE known_handle = CK_INVALID_HANDLE;

  [[nodiscard]] Result<CK_OBJECT_HANDLE, PkiError> handle_of(const PublicKey& key, const TokenUri& uri);
};

Token::Token(TokenUri uri) : uri_{std::move(uri)}, state_{std::make_unique<State>(uri_)} {}

Token::~Token() { close(); }

template <class Work>
auto Token::with_fresh_token(const Work& work) -> decltype(work()) {
  const std::lock_guard lock{mutex_};
  close();
  if (auto opened = open(); !opened) {
    close();
    return fail(opened.error());
  }
  return work();
}

void Token::release() {
  const std::lock_guard lock{mutex_};
  close();
}

template <class Work>
auto Token::with_token(const Work& work) -> decltype(work()) {
  const std::lock_guard lock{mutex_};
  const auto attempt = [&]() -> decltype(work()) {
    if (auto opened = open(); !opened) return fail(opened.error());
    return work();
  };
  const bool was_open = state_->session.has_value();
  auto result = attempt();
  if (result) return result;
  close();
  // What was open may be of a token that has gone and come back.
  if (!was_open || !may_pass(result.error().problem)) return result;
  result = attempt();
  if (!result) close();
  return result;
}

Result<void, PkiError> Token::open() {
  if (state_->session) return {};
  if (auto begun = state_->modules.begin(); !begun) return begun;
  auto place = state_->modules.find();
  if (!place) return fail(place.error());
  state_->place = *place;
  auto session = TokenSession::open(*place, false);
  if (!session) return fail(session.error());
  state_->session.emplace(std::move(*session));
  return log_in();
}

void Token::close() noexcept {
  state_->known_key.reset();
  state_->session.reset();
  state_->place.reset();
  state_->modules.end();
}

Result<void, PkiError> Token::log_in() {
  const auto& token = state_->place->token;
  if ((token.flags & CKF_LOGIN_REQUIRED) == 0) return {};
  if ((token.flags & CKF_USER_PIN_LOCKED) != 0) return fail(pin_locked(uri_.token_name()));
  auto pin = choose_pin(token.flags);
  if (!pin) return fail(pin.error());
  auto* text = reinterpret_cast<unsigned char*>(const_cast<char*>(pin->text().data()));
  auto* module = state_->place->module;
  const CK_RV status = module->C_Login(state_->session->handle(), CKU_USER, text, pin->text().size());
  if (status == CKR_OK || status == CKR_USER_ALREADY_LOGGED_IN) return {};
  if (status != CKR_PIN_INCORRECT && status != CKR_PIN_INVALID && status != CKR_PIN_LEN_RANGE &&
      status != CKR_PIN_LOCKED && status != CKR_PIN_EXPIRED) {
    return fail(pkcs11_failure("the token does not let this device log in", status));
  }
  forget_pin(*pin);
  if (status == CKR_PIN_LOCKED) return fail(pin_locked(uri_.token_name()));
  CK_TOKEN_INFO now{};
  if (module->C_GetTokenInfo(state_->place->slot, &now) != CKR_OK) now = {};
  return fail(PkiError{PkiProblem::PinWrong, "the token \"" + uri_.token_name() + "\" does not take this PIN" +
                                                 tries_left(now.flags) + ". It is not tried again by itself"});
}

Result<Secret, PkiError> Token::choose_pin(unsigned long flags) {
  if (!entered_.empty()) return entered_.clone();
  const auto needed = [&](const std::string& why) {
    return fail(PkiError{PkiProblem::PinNeeded,
                         "the token \"" + uri_.token_name() + "\" wants its PIN" + why + ": sallyport unlock"});
  };
  if (!refused_.empty() && uri_.pin_file().empty()) return needed("; the last one was wrong. Type it");
  if (uri_.pin_file().empty()) return needed(". Type it");
  auto text = read_secret_file(uri_.pin_file(), Secret::kMaxSize);
  if (!text) return fail(PkiError{PkiProblem::PinNeeded, "the PIN file cannot be used: " + to_string(text.error())});
  Secret pin{std::string_view{*text}.substr(0, text->find_first_of("\r\n"))};
  ::explicit_bzero(text->data(), text->size());
  if (pin.empty()) return needed(", and " + uri_.pin_file() + " is empty. Type it");
  if (pin.text() == refused_.text()) return needed(", and that in " + uri_.pin_file() + " is wrong. Type it");
  if ((flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0) {
    return needed(", and has refused one before: that in " + uri_.pin_file() + " is not tried" + tries_left(flags) +
                  ". Type it");
  }
  return pin;
}

void Token::forget_pin(const Secret& refused) {
  if (entered_.text() == refused.text()) entered_ = {};
  refused_ = refused.clone();
}

Result<void, PkiError> Token::unlock(Secret pin) {
  const std::lock_guard lock{mutex_};
  if (state_->session && state_->session->is_logged_in()) return {};
  close();
  entered_ = std::move(pin);
  refused_ = {};
  auto opened = open();
  if (!opened) close();
  return opened;
}

Result<std::vector<KeyOnToken>, PkiError> Token::keys() {
  return with_fresh_token([&]() -> Result<std::vector<KeyOnToken>, PkiError> {
    auto found = find_private_keys(*state_->session, uri_.key_label(), uri_.key_id());
    if (!found) return fail(found.error());
    std::vector<KeyOnToken> keys;
    for (auto& object : *found) keys.push_back({std::move(object.public_key), std::move(object.id)});
    return keys;
  });
}

/// By its public half. One whose public half the token does not tell is taken only if it is alone; RemoteKey looks at
/// what it signed.
Result<CK_OBJECT_HANDLE, PkiError> Token::State::handle_of(const PublicKey& key, const TokenUri& uri) {
  if (known_key && *known_key == key) return known_handle;
  const auto found = find_private_keys(*session, uri.key_label(), uri.key_id());
  if (!found) return fail(found.error());
  std::vector<const TokenObject*> silent;
  const TokenObject* meant = nullptr;
  for (const auto& object : *found) {
    if (!object.public_key) silent.push_back(&object);
    if (object.public_key && *object.public_key == key) meant = &object;
  }
  if (meant == nullptr && silent.size() == 1) meant = silent.front();
  if (meant == nullptr && silent.size() > 1) {
    return fail(PkiError{PkiProblem::KeyAmbiguous, "several keys of the token \"" + uri.token_name() +
                                                       "\" may be the one of the certificate; add id= to the URI"});
  }
  if (meant == nullptr) {
    return fail(PkiError{PkiProblem::KeyAbsent, "the token \"" + uri.token_name() +
                                                    "\" does not hold this device's key: another token, or the key "
                                                    "was removed; enrol anew if it is lost"});
  }
  if (!meant->may_sign || meant->asks_each_time) {
    return fail(PkiError{PkiProblem::KeyUnsuitable,
                         meant->may_sign ? "this key wants its PIN for every signature, and nobody sits there to type "
                                           "it; take another (on a PIV card: slot 9a)"
                                         : "this key of the token may not sign"});
  }
  known_key = key;
  known_handle = meant->handle;
  return known_handle;
}

Result<void, PkiError> Token::find(const PublicKey& key) {
  return with_token([&]() -> Result<void, PkiError> {
    // What a handle of before says is no news.
    state_->known_key.reset();
    const auto handle = state_->handle_of(key, uri_);
    if (!handle) return fail(handle.error());
    return {};
  });
}

Result<ByteBuffer, PkiError> Token::apply(const PublicKey& key, Bytes input) {
  return with_token([&]() -> Result<ByteBuffer, PkiError> {
    const auto handle = state_->handle_of(key, uri_);
    if (!handle) return fail(handle.error());
    return sign_on_token(*state_->session, *handle, key.kind(), input);
  });
}

Result<ByteBuffer, PkiError> Token::new_pair_id() {
  ByteBuffer id(kIdSize);
  if (auto filled = fill_random(id); !filled) return fail(filled.error());
  std::copy(as_bytes(kMark).begin(), as_bytes(kMark).end(), id.begin());
  return id;
}

Result<PublicKey, PkiError> Token::make_pair(KeyKind kind, unsigned bits, const ByteBuffer& id) {
  return with_fresh_token([&]() -> Result<PublicKey, PkiError> {
    const auto session = TokenSession::open(*state_->place, true);
    if (!session) return fail(session.error());
    return make_key_pair(*session, {kind, bits, uri_.key_label(), id});
  });
}

Result<void, PkiError> Token::destroy_pair(const ByteBuffer& id) {
  if (!is_ours(id)) return {};
  return with_fresh_token([&]() -> Result<void, PkiError> {
    const auto session = TokenSession::open(*state_->place, true);
    if (!session) return fail(session.error());
    state_->known_key.reset();
    return destroy_key_pair(*session, id);
  });
}

Result<void, PkiError> Token::destroy_pair(const PublicKey& key) {
  const auto found = keys();
  if (!found) return fail(found.error());
  for (const auto& each : *found) {
    if (each.public_key && *each.public_key == key) return destroy_pair(each.id);
  }
  return {};
}

}  // namespace sallyport
