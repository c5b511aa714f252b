#include "common/pki/token_objects.hpp"

#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"
#include "common/pki/wolfcrypt.hpp"

#include <array>
#include <utility>

namespace sallyport {
namespace {

/// More than a token holds of one label; what is above it is not looked at.
constexpr CK_ULONG kMaxObjects = 64;
constexpr CK_ULONG kMaxAttribute = 4096;

CK_BBOOL kYes = CK_TRUE;
CK_BBOOL kNo = CK_FALSE;

/// PKCS#11 takes pointers to what it only reads.
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
  return {type, const_cast<void*>(value), static_cast<CK_ULONG>(size)};
}
CK_ATTRIBUTE flag(CK_ATTRIBUTE_TYPE type, bool value) {
  return attribute(type, value ? &kYes : &kNo, sizeof(CK_BBOOL));
}

std::optional<ByteBuffer> read(const TokenSession& session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  auto* module = session.module();
  if (module->C_GetAttributeValue(session.handle(), object, &wanted, 1) != CKR_OK) return std::nullopt;
  if (wanted.ulValueLen > kMaxAttribute) return std::nullopt;
  ByteBuffer value(wanted.ulValueLen);
  wanted.pValue = value.data();
  if (module->C_GetAttributeValue(session.handle(), object, &wanted, 1) != CKR_OK) return std::nullopt;
  if (wanted.ulValueLen > value.size()) return std::nullopt;
  value.resize(wanted.ulValueLen);
  return value;
}

bool is_set(const TokenSession& session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  const auto value = read(session, object, type);
  return value && value->size() == 1 && value->front() != std::byte{0};
}

Result<std::vector<CK_OBJECT_HANDLE>, PkiError> find(const TokenSession& session, CK_OBJECT_CLASS kind,
                                                     const std::string& label, Bytes id) {
  std::vector<CK_ATTRIBUTE> wanted{attribute(CKA_CLASS, &kind, sizeof kind)};
  if (!label.empty()) wanted.push_back(attribute(CKA_LABEL, label.data(), label.size()));
  if (!id.empty()) wanted.push_back(attribute(CKA_ID, id.data(), id.size()));
  auto* module = session.module();
  CK_RV status = module->C_FindObjectsInit(session.handle(), wanted.data(), wanted.size());
  if (status != CKR_OK) return fail(pkcs11_failure("the token's keys cannot be listed", status));
  std::vector<CK_OBJECT_HANDLE> found(kMaxObjects);
  CK_ULONG count = 0;
  status = module->C_FindObjects(session.handle(), found.data(), kMaxObjects, &count);
  (void)module->C_FindObjectsFinal(session.handle());
  if (status != CKR_OK) return fail(pkcs11_failure("the token's keys cannot be listed", status));
  found.resize(count);
  return found;
}

std::optional<PublicKey> ec_key(const TokenSession& session, CK_OBJECT_HANDLE object) {
  const auto curve = read(session, object, CKA_EC_PARAMS);
  const auto value = read(session, object, CKA_EC_POINT);
  if (!curve || curve->empty() || !value) return std::nullopt;
  // The standard wraps the point into an OCTET STRING; some modules do not.
  const auto wrapped = der::only(*value, der::OctetString);
  const Bytes point = wrapped ? wrapped->content : Bytes{*value};
  const ByteBuffer algorithm = der::sequence({der::oid(oids::kEcPublicKey), *curve});
  auto key = PublicKey::parse(der::sequence({algorithm, der::bit_string(point)}));
  return key && key->is_sound() ? std::optional{std::move(*key)} : std::nullopt;
}

std::optional<PublicKey> rsa_key(const TokenSession& session, CK_OBJECT_HANDLE object) {
  const auto modulus = read(session, object, CKA_MODULUS);
  const auto exponent = read(session, object, CKA_PUBLIC_EXPONENT);
  if (!modulus || modulus->empty() || !exponent || exponent->empty()) return std::nullopt;
  const ByteBuffer algorithm = der::sequence({der::oid(oids::kRsa), der::wrap(der::Null, {})});
  const ByteBuffer pair = der::sequence({der::integer(Bytes{*modulus}), der::integer(Bytes{*exponent})});
  auto key = PublicKey::parse(der::sequence({algorithm, der::bit_string(pair)}));
  return key ? std::optional{std::move(*key)} : std::nullopt;
}

std::optional<PublicKey> public_half(const TokenSession& session, CK_OBJECT_HANDLE object) {
  auto key = rsa_key(session, object);
  return key ? std::move(key) : ec_key(session, object);
}

TokenObject describe(const TokenSession& session, CK_OBJECT_HANDLE handle) {
  TokenObject object{.handle = handle};
  object.id = read(session, handle, CKA_ID).value_or(ByteBuffer{});
  object.may_sign = is_set(session, handle, CKA_SIGN);
  object.asks_each_time = is_set(session, handle, CKA_ALWAYS_AUTHENTICATE);
  object.public_key = public_half(session, handle);
  if (object.public_key || object.id.empty()) return object;
  const auto twins = find(session, CKO_PUBLIC_KEY, {}, object.id);
  if (twins && twins->size() == 1) object.public_key = public_half(session, twins->front());
  return object;
}

/// DER of the two numbers that PKCS#11 gives one behind the other.
Result<ByteBuffer, PkiError> ecdsa_signature(Bytes numbers) {
  const auto half = numbers.size() / 2;
  ByteBuffer signature(numbers.size() + 16);
  word32 size = wolf::size(signature);
  const int status =
      wc_ecc_rs_raw_to_sig(wolf::data(numbers.first(half)), static_cast<word32>(half),
                           wolf::data(numbers.subspan(half)), static_cast<word32>(half), wolf::room(signature), &size);
  if (status != 0) return wolf::library_failure("the token's signature cannot be read", status);
  signature.resize(size);
  return signature;
}

}  // namespace

Result<TokenSession, PkiError> TokenSession::open(const TokenPlace& place, bool may_write) {
  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (may_write ? CKF_RW_SESSION : 0UL);
  const CK_RV status = place.module->C_OpenSession(place.slot, flags, nullptr, nullptr, &handle);
  if (status != CKR_OK) return fail(pkcs11_failure("the token cannot be opened", status));
  return TokenSession{place.module, handle};
}

TokenSession::TokenSession(TokenSession&& other) noexcept
    : module_{std::exchange(other.module_, nullptr)}, handle_{other.handle_} {}

TokenSession::~TokenSession() {
  if (module_ != nullptr) (void)module_->C_CloseSession(handle_);
}

bool TokenSession::is_logged_in() const noexcept {
  CK_SESSION_INFO info{};
  if (module_->C_GetSessionInfo(handle_, &info) != CKR_OK) return false;
  return info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS;
}

Result<std::vector<TokenObject>, PkiError> find_private_keys(const TokenSession& session, const std::string& label,
                                                             Bytes id) {
  const auto handles = find(session, CKO_PRIVATE_KEY, label, id);
  if (!handles) return fail(handles.error());
  std::vector<TokenObject> keys;
  for (const auto handle : *handles) keys.push_back(describe(session, handle));
  return keys;
}

Result<PublicKey, PkiError> make_key_pair(const TokenSession& session, const PairWishes& wishes) {
  const bool is_rsa = wishes.kind == KeyKind::Rsa;
  if (!is_rsa && wishes.kind != KeyKind::P256 && wishes.kind != KeyKind::P384) {
    return fail(PkiError{PkiProblem::Unsupported, "tokens make keys of kind P-256, P-384 and RSA here"});
  }
  CK_MECHANISM mechanism{is_rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, nullptr, 0};
  const CK_ULONG bits = wishes.bits;
  const std::array<unsigned char, 3> exponent{1, 0, 1};
  const ByteBuffer curve = der::oid(wishes.kind == KeyKind::P384 ? oids::kP384 : oids::kP256);
  const std::vector<CK_ATTRIBUTE> both{flag(CKA_TOKEN, true),
                                       attribute(CKA_LABEL, wishes.label.data(), wishes.label.size()),
                                       attribute(CKA_ID, wishes.id.data(), wishes.id.size())};
  std::vector<CK_ATTRIBUTE> for_public{both};
  for_public.push_back(flag(CKA_VERIFY, true));
  if (is_rsa) {
    for_public.push_back(attribute(CKA_MODULUS_BITS, &bits, sizeof bits));
    for_public.push_back(attribute(CKA_PUBLIC_EXPONENT, exponent.data(), exponent.size()));
  } else {
    for_public.push_back(attribute(CKA_EC_PARAMS, curve.data(), curve.size()));
  }
  std::vector<CK_ATTRIBUTE> for_private{both};
  for_private.insert(for_private.end(), {flag(CKA_PRIVATE, true), flag(CKA_SENSITIVE, true),
                                         flag(CKA_EXTRACTABLE, false), flag(CKA_SIGN, true)});
  CK_OBJECT_HANDLE public_handle = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_handle = CK_INVALID_HANDLE;
  const CK_RV status =
      session.module()->C_GenerateKeyPair(session.handle(), &mechanism, for_public.data(), for_public.size(),
                                          for_private.data(), for_private.size(), &public_handle, &private_handle);
  if (status != CKR_OK) return fail(pkcs11_failure("the token does not make a key", status));
  auto key = public_half(session, public_handle);
  if (key && key->is_acceptable()) return std::move(*key);
  (void)destroy_key_pair(session, wishes.id);
  return fail(PkiError{PkiProblem::TokenFailed, "the token made a key whose public half it does not tell"});
}

Result<void, PkiError> destroy_key_pair(const TokenSession& session, Bytes id) {
  for (const CK_OBJECT_CLASS kind : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    const auto handles = find(session, kind, {}, id);
    if (!handles) return fail(handles.error());
    for (const auto handle : *handles) {
      const CK_RV status = session.module()->C_DestroyObject(session.handle(), handle);
      if (status != CKR_OK) return fail(pkcs11_failure("the token does not destroy the key of before", status));
    }
  }
  return {};
}

Result<ByteBuffer, PkiError> sign_on_token(const TokenSession& session, CK_OBJECT_HANDLE key, KeyKind kind,
                                           Bytes input) {
  // The only two mechanisms that a token is asked for: hashing, padding and all else are done outside.
  CK_MECHANISM mechanism{kind == KeyKind::Rsa ? CKM_RSA_X_509 : CKM_ECDSA, nullptr, 0};
  auto* module = session.module();
  CK_RV status = module->C_SignInit(session.handle(), &mechanism, key);
  if (status != CKR_OK) return fail(pkcs11_failure("the token does not sign", status));
  ByteBuffer output(1024);
  CK_ULONG size = output.size();
  auto* octets = const_cast<CK_BYTE*>(wolf::data(input));
  status = module->C_Sign(session.handle(), octets, input.size(), wolf::room(output), &size);
  if (status != CKR_OK) return fail(pkcs11_failure("the token does not sign", status));
  output.resize(size);
  return kind == KeyKind::Rsa ? output : ecdsa_signature(output);
}

}  // namespace sallyport
