#include "server/ctl/enrolment_identity.hpp"

#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxDerived = 48;

/// "Ana.Diaz@example.com" -> "ana-diaz".
std::string name_from_user(const std::string& user) {
  std::string name;
  for (const char c : user.substr(0, std::min(user.find('@'), kMaxDerived))) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    name += fits ? c : '-';
  }
  return name;
}

}  // namespace

Result<EnrolmentIdentity, std::string> choose_identity(std::string_view user, std::string_view id,
                                                       std::string_view hint) {
  const auto owner = lower_ascii(user);
  if (!is_user_id(owner)) return fail('"' + escape_untrusted(user) + "\" is not an e-mail address");
  if (!id.empty()) {
    if (is_device_id(id)) return EnrolmentIdentity{DeviceId{std::string{id}}, UserId{owner}};
    return fail('"' + escape_untrusted(id) + "\" cannot name a device: 1 to 63 of a-z, 0-9 and '-'");
  }
  const auto suggested = lower_ascii(hint);
  return EnrolmentIdentity{DeviceId{is_device_id(suggested) ? suggested : name_from_user(owner)}, UserId{owner}};
}

}  // namespace sallyport
