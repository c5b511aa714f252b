#include "common/pki/pkcs11_modules.hpp"

#include "common/base/file.hpp"
#include "common/base/text.hpp"

#include <p11-kit/uri.h>

#include <cstdlib>

namespace sallyport {
namespace {

/// More slots than anybody plugs in.
constexpr CK_ULONG kMaxSlots = 64;

std::string library_words() {
  const char* words = p11_kit_message();
  return words == nullptr ? "no reason given" : escape_quoting(words);
}

PkiError module_failure(const std::string& words) {
  return {PkiProblem::TokenModule, words + "; see p11-kit list-modules, or name the module: module-path=/usr/lib/..."};
}

}  // namespace

PkiError pkcs11_failure(const std::string& what, CK_RV code) {
  auto problem = PkiProblem::TokenFailed;
  switch (code) {
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_DEVICE_REMOVED:
    case CKR_SLOT_ID_INVALID:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
      problem = PkiProblem::TokenAbsent;
      break;
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
      problem = PkiProblem::KeyAbsent;
      break;
    default:
      break;
  }
  return {problem, what + ": " + escape_quoting(p11_kit_strerror(code))};
}

Pkcs11Modules::~Pkcs11Modules() {
  end();
  if (named_ != nullptr) p11_kit_module_release(named_);
  if (keeper_ != nullptr) p11_kit_modules_release(keeper_);
}

Result<void, PkiError> Pkcs11Modules::begin() {
  if (has_begun_) return {};
  auto begun = uri_.module_path().empty() ? begin_configured() : begin_named();
  has_begun_ = begun.has_value();
  return begun;
}

/// It becomes code of this process: nobody else may have written it.
Result<void, PkiError> Pkcs11Modules::begin_named() {
  const auto& path = uri_.module_path();
  if (named_ == nullptr) {
    if (const auto trusted = require_trusted_path(path); !trusted)
      return fail(module_failure(to_string(trusted.error())));
    named_ = p11_kit_module_load(path.c_str(), P11_KIT_MODULE_CRITICAL);
  }
  if (named_ == nullptr)
    return fail(module_failure(path + " is no PKCS#11 module that can be loaded: " + library_words()));
  const CK_RV status = p11_kit_module_initialize(named_);
  if (status == CKR_OK) return {};
  // Some do not start while their token's place is gone.
  return fail(
      PkiError{PkiProblem::TokenAbsent, pkcs11_failure("the module " + path + " does not start", status).words});
}

Result<void, PkiError> Pkcs11Modules::begin_configured() {
  if (keeper_ == nullptr) keeper_ = p11_kit_modules_load(nullptr, 0);
  if (keeper_ != nullptr) configured_ = p11_kit_modules_load_and_initialize(0);
  if (configured_ == nullptr) return fail(module_failure("p11-kit cannot load its modules: " + library_words()));
  if (!uri_.module_name().empty() && p11_kit_module_for_name(keeper_, uri_.module_name().c_str()) == nullptr) {
    p11_kit_modules_finalize_and_release(configured_);
    configured_ = nullptr;
    return fail(module_failure("p11-kit has no module \"" + escape_untrusted(uri_.module_name(), 64) + '"'));
  }
  return {};
}

void Pkcs11Modules::end() noexcept {
  if (!has_begun_) return;
  has_begun_ = false;
  if (named_ != nullptr) (void)p11_kit_module_finalize(named_);
  if (configured_ != nullptr) p11_kit_modules_finalize_and_release(configured_);
  configured_ = nullptr;
}

std::vector<CK_FUNCTION_LIST*> Pkcs11Modules::meant() const {
  if (named_ != nullptr) return {named_};
  std::vector<CK_FUNCTION_LIST*> modules;
  for (auto** each = configured_; each != nullptr && *each != nullptr; ++each) {
    char* name = p11_kit_module_get_name(*each);
    const bool is_meant = uri_.module_name().empty() || (name != nullptr && uri_.module_name() == name);
    std::free(name);
    if (is_meant) modules.push_back(*each);
  }
  return modules;
}

void Pkcs11Modules::look_into(CK_FUNCTION_LIST* module, std::vector<TokenPlace>& found) const {
  CK_INFO info{};
  if (module->C_GetInfo(&info) != CKR_OK || p11_kit_uri_match_module_info(uri_.library_uri(), &info) == 0) return;
  CK_SLOT_ID slots[kMaxSlots];
  CK_ULONG count = kMaxSlots;
  // Asked without room first: some modules look for new tokens only then (PKCS#11 v2.40 section 5.5).
  CK_ULONG ignored = 0;
  (void)module->C_GetSlotList(CK_TRUE, nullptr, &ignored);
  if (module->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) return;
  for (CK_ULONG i = 0; i < count; ++i) {
    CK_SLOT_INFO slot{};
    TokenPlace place{module, slots[i], {}};
    if (module->C_GetSlotInfo(slots[i], &slot) != CKR_OK || module->C_GetTokenInfo(slots[i], &place.token) != CKR_OK)
      continue;
    if (p11_kit_uri_match_slot_info(uri_.library_uri(), &slot) == 0) continue;
    if (p11_kit_uri_match_token_info(uri_.library_uri(), &place.token) != 0) found.push_back(place);
  }
}

Result<TokenPlace, PkiError> Pkcs11Modules::find() const {
  std::vector<TokenPlace> found;
  for (auto* module : meant()) look_into(module, found);
  if (found.size() == 1) return found.front();
  const auto name = "token \"" + uri_.token_name() + '"';
  if (found.empty()) return fail(PkiError{PkiProblem::TokenAbsent, "the " + name + " is not there: plug it in"});
  return fail(PkiError{PkiProblem::TokenAmbiguous,
                       std::to_string(found.size()) + " tokens answer to " + name + "; add serial=NUMBER to the URI"});
}

}  // namespace sallyport
