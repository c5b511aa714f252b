#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport {

/// A token in software (SoftHSM) in a directory of its own, seen through the counting module. Sets environment
/// variables of this process: one at a time.
class SoftToken {
 public:
  static constexpr const char* kPin = "123456";

  /// In `directory`, which exists. `label`: of the first token.
  explicit SoftToken(std::filesystem::path directory, const std::string& label = "laptop");

  /// Why there can be none on this machine; empty when there can.
  [[nodiscard]] static std::string impossible();
  [[nodiscard]] static std::string module();

  /// One more token.
  [[nodiscard]] bool add(const std::string& label) const;
  /// "pkcs11:token=laptop;object=OBJECT?module-path=..." and then `more`.
  [[nodiscard]] std::string uri(const std::string& object = "sallyport", const std::string& more = {}) const;
  /// A PKCS#8 file made by openssl.
  [[nodiscard]] bool import(const std::string& key_file, const std::string& label, const std::string& id) const;

  /// Takes every token away, as pulling it out does, and back.
  void pull() const;
  void put_back() const;
  /// While it hangs, no signature comes back.
  void hang(bool hangs) const;

  /// What the module was asked to do since the last clear().
  [[nodiscard]] std::vector<std::string> calls() const;
  [[nodiscard]] std::size_t count(const std::string& call) const;
  void clear() const;

 private:
  std::filesystem::path directory_;
  std::string label_;
};

}  // namespace sallyport
