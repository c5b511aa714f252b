#include "server/ctl/policy_target.hpp"

#include "common/base/text.hpp"
#include "common/ip/address.hpp"
#include "server/policy/destination.hpp"

namespace sallyport {

Result<std::string, std::string> readable_target(const std::string& text) {
  const auto destination = Destination::parse(text);
  if (destination) return to_string(*destination);
  const auto end = text.find_first_of(":/");
  const auto name = text.substr(0, end);
  if (text.starts_with('[') || name.empty() || IpAddress::parse(name)) return fail(destination.error());
  if (end == std::string::npos) return fail("write it with a service: " + escape_untrusted(text) + ":443/tcp");
  return text;
}

}  // namespace sallyport
