#include "client/cli/name_lookup.hpp"

#include "common/ip/socket_address.hpp"

#include <netdb.h>

#include <memory>

namespace sallyport {

Result<std::vector<IpAddress>, std::string> look_up_all(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); code != 0) {
    return fail(host + ": " + ::gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, &::freeaddrinfo};
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (const auto address = address_of(*entry->ai_addr)) addresses.push_back(*address);
  }
  if (addresses.empty()) return fail(host + ": the name has no address");
  return addresses;
}

Result<IpAddress, std::string> look_up(const std::string& host) {
  const auto all = look_up_all(host);
  if (!all) return fail(all.error());
  return all->front();
}

}  // namespace sallyport
