#include "server/ctl/enrolment_identity.hpp"

#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"
#include "server/enrolment/device_name.hpp"
#include "server/enrolment/drill_identity.hpp"

namespace sallyport {
Result<EnrolmentIdentity, std::string> choose_identity(std::string_view user, std::string_view id,
                                                       std::string_view hint) {
  const auto owner = lower_ascii(user);
  if (!is_user_id(owner)) return fail('"' + escape_untrusted(user) + "\" is not an e-mail address");
  if (is_drill(UserId{owner})) return fail(owner + " is reserved for: sallyportctl revoke --drill");
  if (!id.empty()) {
    if (is_device_id(id)) return EnrolmentIdentity{DeviceId{std::string{id}}, UserId{owner}};
    return fail('"' + escape_untrusted(id) + "\" cannot name a device: 1 to 63 of a-z, 0-9 and '-'");
  }
  const auto suggested = lower_ascii(hint);
  return EnrolmentIdentity{DeviceId{is_device_id(suggested) ? suggested : device_name_from(UserId{owner})},
                           UserId{owner}};
}

}  // namespace sallyport
