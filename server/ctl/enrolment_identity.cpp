#include "server/ctl/enrolment_identity.hpp"

#include "common/base/text.hpp"
#include "common/pki/identity_name.hpp"
#include "server/ctl/typed_names.hpp"
#include "server/enrolment/device_name.hpp"
#include "server/enrolment/drill_identity.hpp"

namespace sallyport {
Result<EnrolmentIdentity, std::string> choose_identity(std::string_view user, std::string_view id,
                                                       std::string_view hint) {
  const auto owner = lower_ascii(user);
  if (!is_user_id(owner)) return fail(words_for_no_user(user));
  if (is_drill(UserId{owner})) return fail(owner + " is reserved for: sallyportctl revoke --drill");
  if (!id.empty()) {
    if (is_device_id(id)) return EnrolmentIdentity{DeviceId{std::string{id}}, UserId{owner}};
    return fail(words_for_no_device(id));
  }
  const auto suggested = lower_ascii(hint);
  return EnrolmentIdentity{DeviceId{is_device_id(suggested) ? suggested : device_name_from(UserId{owner})},
                           UserId{owner}};
}

}  // namespace sallyport
