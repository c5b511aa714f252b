#pragma once

#include "common/pki/authority_rules.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sallyport {

/// One [[authority]] of gateway.toml: a certificate authority beside our own.
struct AuthoritySettings {
  AuthorityRules rules;
  std::string certificates;                                     ///< a PEM file, or a directory of them
  std::vector<std::string> crl;                                 ///< files, directories, http:// and https:// URLs
  std::chrono::seconds crl_interval = std::chrono::minutes{5};  ///< between two looks at a URL
  std::chrono::seconds crl_timeout{10};                         ///< of one
  std::size_t crl_max_size = std::size_t{8} << 20U;             ///< of what one source has, in octets
  std::string crl_ca;                                           ///< PEM, for https; empty: the system's
  std::string crl_proxy;                                        ///< empty: none
  bool enrol_unknown = false;           ///< a device that the store does not know is recorded at first sight
  unsigned enrol_unknown_limit = 1000;  ///< of those, without the ones that were revoked since

  friend bool operator==(const AuthoritySettings&, const AuthoritySettings&) = default;
};

[[nodiscard]] inline bool is_url(const std::string& source) { return !source.starts_with('/'); }

}  // namespace sallyport
