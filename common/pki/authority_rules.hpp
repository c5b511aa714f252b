#pragma once

#include "common/pki/identity_mapping.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sallyport {

/// What one authority is trusted with.
struct AuthorityRules {
  std::string name{};  ///< empty: our own, whose devices are spiffe://TRUST-DOMAIN/device/ID with an e-mail address
  bool crl_required = true;
  /// How long sessions may outlive a revocation list; new ones never do.
  std::chrono::seconds crl_grace{0};
  /// Of a foreign authority: where its certificates say who holds them, and whom they may name; empty: nobody.
  IdentityMapping identity{};
  std::vector<UserPattern> users{};

  [[nodiscard]] bool is_own() const noexcept { return name.empty(); }
  [[nodiscard]] bool may_name(const UserId& user) const noexcept {
    for (const auto& pattern : users) {
      if (pattern.matches(user)) return true;
    }
    return false;
  }

  friend bool operator==(const AuthorityRules&, const AuthorityRules&) = default;
};

/// "our own authority", "authority corp".
[[nodiscard]] inline std::string words_for(const AuthorityRules& rules) {
  return rules.is_own() ? "our own authority" : "authority " + rules.name;
}

}  // namespace sallyport
