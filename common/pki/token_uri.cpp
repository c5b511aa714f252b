#include "common/pki/token_uri.hpp"

#include "common/base/text.hpp"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxUri = 2048;

auto bad_uri(const std::string& words) { return fail(PkiError{PkiProblem::BadUri, "the pkcs11: URI " + words}); }

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// PKCS#11 pads such fields with blanks; a URI without them leaves octets of zero.
template <std::size_t size>
std::string field(const unsigned char (&octets)[size]) {
  if (octets[0] == 0) return {};
  return {reinterpret_cast<const char*>(octets), p11_kit_space_strlen(octets, size)};
}

std::string text_or_empty(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

}  // namespace

Result<TokenUri, PkiError> TokenUri::parse(const std::string& text) {
  if (text.size() > kMaxUri || !is_printable(text)) return bad_uri("is too long, or holds blanks: write %20 for one");
  if (!is_one(text)) return bad_uri("must begin with pkcs11:");
  TokenUri parsed;
  parsed.text_ = text;
  parsed.uri_ = std::shared_ptr<p11_kit_uri>{p11_kit_uri_new(), p11_kit_uri_free};
  if (!parsed.uri_) return bad_uri("cannot be read: no memory");
  const int status = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, parsed.uri_.get());
  if (status != P11_KIT_URI_OK) return bad_uri(std::string{"cannot be read: "} + p11_kit_uri_message(status));
  // The PIN first: no other complaint should make somebody show such a URI around.
  for (const auto take : {&TokenUri::take_pin, &TokenUri::take_token, &TokenUri::take_key, &TokenUri::take_module}) {
    if (const auto taken = (parsed.*take)(); !taken) return fail(taken.error());
  }
  return parsed;
}

Result<void, PkiError> TokenUri::take_pin() {
  if (p11_kit_uri_get_pin_value(uri_.get()) != nullptr) {
    return bad_uri("holds a PIN (pin-value), where others can read it; use pin-source=file:/etc/sallyport/pin instead");
  }
  if (p11_kit_uri_any_unrecognized(uri_.get()) != 0) {
    return bad_uri("has a part that is not known: check the spelling of token, serial, object, id, module-path");
  }
  std::string source = text_or_empty(p11_kit_uri_get_pin_source(uri_.get()));
  if (source.empty()) return {};
  if (source.starts_with("file:")) source.erase(0, 5);
  if (source.starts_with("//")) source.erase(0, 2);
  if (!source.starts_with('/'))
    return bad_uri("may name a file as pin-source only: pin-source=file:/etc/sallyport/pin");
  pin_file_ = std::move(source);
  return {};
}

/// A PIN that was meant for another token costs that one a try.
Result<void, PkiError> TokenUri::take_token() {
  const auto& token = *p11_kit_uri_get_token_info(uri_.get());
  const auto label = field(token.label);
  const auto serial = field(token.serialNumber);
  if (label.empty() && serial.empty()) return bad_uri("does not name the token: add token=LABEL or serial=NUMBER");
  token_name_ = escape_untrusted(label.empty() ? serial : label, 64);
  return {};
}

Result<void, PkiError> TokenUri::take_key() {
  if (const auto* kind = p11_kit_uri_get_attribute(uri_.get(), CKA_CLASS)) {
    CK_OBJECT_CLASS value = CKO_DATA;
    if (kind->ulValueLen == sizeof value)
      std::copy_n(static_cast<const char*>(kind->pValue), sizeof value, reinterpret_cast<char*>(&value));
    if (value != CKO_PRIVATE_KEY) return bad_uri("is not of a private key: leave type= away, or write type=private");
  }
  if (const auto* label = p11_kit_uri_get_attribute(uri_.get(), CKA_LABEL)) {
    key_label_.assign(static_cast<const char*>(label->pValue), label->ulValueLen);
  }
  if (const auto* id = p11_kit_uri_get_attribute(uri_.get(), CKA_ID)) {
    const auto* octets = static_cast<const std::byte*>(id->pValue);
    key_id_.assign(octets, octets + id->ulValueLen);
  }
  if (key_label_.empty() && key_id_.empty()) return bad_uri("does not name the key: add object=LABEL or id=%01");
  return {};
}

Result<void, PkiError> TokenUri::take_module() {
  module_path_ = text_or_empty(p11_kit_uri_get_module_path(uri_.get()));
  module_name_ = text_or_empty(p11_kit_uri_get_module_name(uri_.get()));
  if (module_path_.empty() || module_path_.starts_with('/')) return {};
  return bad_uri("has a module-path that is not absolute");
}

}  // namespace sallyport
