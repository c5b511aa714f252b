#pragma once

// Only the token files of common/pki include this.
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/token_uri.hpp"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

#include <string>
#include <vector>

namespace sallyport {

/// What the module said, as one of our problems; "cannot open the token: the token was removed".
[[nodiscard]] PkiError pkcs11_failure(const std::string& what, CK_RV code);

/// A token that is plugged in.
struct TokenPlace {
  CK_FUNCTION_LIST* module = nullptr;
  CK_SLOT_ID slot = 0;
  CK_TOKEN_INFO token{};
};

/// The modules that a URI means. They stay loaded for as long as this lives: not every module bears to be unloaded.
/// What they know of tokens lasts from begin() to end(), so that a token that comes back is found by beginning anew.
class Pkcs11Modules {
 public:
  explicit Pkcs11Modules(TokenUri uri) : uri_{std::move(uri)} {}
  ~Pkcs11Modules();
  Pkcs11Modules(const Pkcs11Modules&) = delete;
  Pkcs11Modules& operator=(const Pkcs11Modules&) = delete;

  [[nodiscard]] Result<void, PkiError> begin();
  void end() noexcept;
  /// The one token that the URI means. Requires begin().
  [[nodiscard]] Result<TokenPlace, PkiError> find() const;

 private:
  [[nodiscard]] Result<void, PkiError> begin_named();
  [[nodiscard]] Result<void, PkiError> begin_configured();
  [[nodiscard]] std::vector<CK_FUNCTION_LIST*> meant() const;
  void look_into(CK_FUNCTION_LIST* module, std::vector<TokenPlace>& found) const;

  TokenUri uri_;
  CK_FUNCTION_LIST* named_ = nullptr;        ///< by module-path
  CK_FUNCTION_LIST** keeper_ = nullptr;      ///< of what p11-kit has configured, never begun: keeps it loaded
  CK_FUNCTION_LIST** configured_ = nullptr;  ///< the same, begun; those that cannot begin are left out
  bool has_begun_ = false;
};

}  // namespace sallyport
