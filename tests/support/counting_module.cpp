// A PKCS#11 module that hands every call on to another one and writes down the names of those that work with keys, so
// that a test sees what a token was asked to do. While the file SALLYPORT_MODULE_HANG exists, no signature comes back.
// With SALLYPORT_MODULE_DIE=N the process is killed instead of the Nth of these calls.
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST counted;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

void die_when_told();

void note(const std::string& line) {
  die_when_told();
  const auto path = variable("SALLYPORT_MODULE_LOG");
  const int fd = path.empty() ? -1 : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const auto text = line + '\n';
  (void)(::write(fd, text.data(), text.size()) > 0);
  ::close(fd);
}

void die_when_told() {
  static int calls = 0;
  const auto last = variable("SALLYPORT_MODULE_DIE");
  if (!last.empty() && ++calls == std::atoi(last.c_str())) ::raise(SIGKILL);
}

void hang() {
  const auto path = variable("SALLYPORT_MODULE_HANG");
  while (!path.empty() && ::access(path.c_str(), F_OK) == 0) ::usleep(20'000);
}

/// Calls the function behind `member` of the real module after writing its name down.
template <auto member>
struct Counted;

template <class... A, CK_RV (*CK_FUNCTION_LIST::*member)(A...)>
struct Counted<member> {
  static inline const char* name = nullptr;
  static CK_RV call(A... arguments) {
    note(name);
    return (real->*member)(arguments...);
  }
};

template <auto member>
void count(const char* name) {
  Counted<member>::name = name;
  counted.*member = &Counted<member>::call;
}

CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR signature, CK_ULONG_PTR length) {
  note("C_Sign");
  hang();
  return real->C_Sign(session, data, size, signature, length);
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  char line[64];
  std::snprintf(line, sizeof line, "C_SignInit %#lx", mechanism->mechanism);
  note(line);
  return real->C_SignInit(session, mechanism, key);
}

bool load() {
  const auto path = variable("SALLYPORT_MODULE_REAL");
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  const auto entry = reinterpret_cast<CK_RV (*)(CK_FUNCTION_LIST**)>(::dlsym(library, "C_GetFunctionList"));
  return entry != nullptr && entry(&real) == CKR_OK;
}

#define COUNT(function) count<&CK_FUNCTION_LIST::function>(#function)

}  // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  if (real == nullptr && !load()) return CKR_GENERAL_ERROR;
  counted = *real;
  COUNT(C_Login);
  COUNT(C_GenerateKeyPair);
  COUNT(C_DestroyObject);
  COUNT(C_SignUpdate);
  COUNT(C_SignFinal);
  COUNT(C_VerifyInit);
  COUNT(C_Verify);
  COUNT(C_EncryptInit);
  COUNT(C_Encrypt);
  COUNT(C_EncryptUpdate);
  COUNT(C_DecryptInit);
  COUNT(C_Decrypt);
  COUNT(C_DecryptUpdate);
  COUNT(C_DigestInit);
  COUNT(C_Digest);
  COUNT(C_DigestUpdate);
  COUNT(C_DeriveKey);
  COUNT(C_GenerateKey);
  COUNT(C_GenerateRandom);
  COUNT(C_SeedRandom);
  COUNT(C_WrapKey);
  COUNT(C_UnwrapKey);
  counted.C_Sign = &sign;
  counted.C_SignInit = &sign_init;
  *list = &counted;
  return CKR_OK;
}
