#include "common/wire/posture_request.hpp"

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"

namespace sallyport {

Result<bool, CapsuleError> parse_posture_request(Bytes value) {
  const auto object = parse_control_json(value);
  if (!object) return fail(CapsuleError::BadJson);
  const auto want = text_member(*object, "want");
  if (!want || want->empty()) return fail(CapsuleError::BadMember);
  return *want == "challenge";
}

void append_posture_request(ByteBuffer& out) {
  append_capsule(out, CapsuleType::Posture, as_bytes(dump_control_json({{"v", 1}, {"want", "challenge"}})));
}

}  // namespace sallyport
