#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <memory>
#include <string>
#include <string_view>

struct p11_kit_uri;

namespace sallyport {

/// Which key on which token is meant: a pkcs11: URI (RFC 7512) that names the token by `token` or `serial` and the key
/// by `object` or `id`. Immutable.
class TokenUri {
 public:
  /// Whether a text that may be a path as well is meant as such a URI.
  [[nodiscard]] static bool is_one(std::string_view text) noexcept { return text.starts_with("pkcs11:"); }
  /// Refuses what p11-kit does not know, a PIN in the URI, a PIN source other than a file, and a module path that is
  /// not absolute.
  [[nodiscard]] static Result<TokenUri, PkiError> parse(const std::string& text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Of the key; empty: any.
  [[nodiscard]] const std::string& key_label() const noexcept { return key_label_; }
  /// Of the key; empty: any.
  [[nodiscard]] const ByteBuffer& key_id() const noexcept { return key_id_; }
  /// It names one key for good. Otherwise it names a place, where a renewed key takes the place of the one before.
  [[nodiscard]] bool is_fixed() const noexcept { return !key_id_.empty(); }
  /// File with the PIN; empty: none.
  [[nodiscard]] const std::string& pin_file() const noexcept { return pin_file_; }
  [[nodiscard]] const std::string& module_path() const noexcept { return module_path_; }
  /// As p11-kit's configuration calls it. Without it and a path, every module that p11-kit has configured counts.
  [[nodiscard]] const std::string& module_name() const noexcept { return module_name_; }
  /// What a person calls the token: its label, or else its serial number.
  [[nodiscard]] const std::string& token_name() const noexcept { return token_name_; }
  /// For common/pki alone.
  [[nodiscard]] const p11_kit_uri* library_uri() const noexcept { return uri_.get(); }

 private:
  TokenUri() = default;
  [[nodiscard]] Result<void, PkiError> take_token();
  [[nodiscard]] Result<void, PkiError> take_key();
  [[nodiscard]] Result<void, PkiError> take_module();
  [[nodiscard]] Result<void, PkiError> take_pin();

  std::string text_;
  std::string token_name_;
  std::string key_label_;
  ByteBuffer key_id_;
  std::string pin_file_;
  std::string module_path_;
  std::string module_name_;
  std::shared_ptr<p11_kit_uri> uri_;
};

}  // namespace sallyport
