#include "server/revocation/list_source.hpp"

namespace sallyport {

std::vector<ListSource> sources_of(const std::vector<AuthoritySettings>& authorities) {
  std::vector<ListSource> sources;
  for (const auto& authority : authorities) {
    for (const auto& place : authority.crl) {
      sources.push_back({.authority = authority.rules.name,
                         .place = place,
                         .interval = authority.crl_interval,
                         .timeout = authority.crl_timeout,
                         .max_size = authority.crl_max_size,
                         .ca_file = authority.crl_ca,
                         .proxy = authority.crl_proxy});
    }
  }
  return sources;
}

}  // namespace sallyport
