#include "client/linux/posture/collectors.hpp"
#include "client/posture/boot_variable.hpp"

namespace sallyport {

PostureFact collect_secure_boot(const SystemRoot& root) {
  constexpr const char* kVariable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
  PostureFact fact{std::nullopt, "the EFI variable SecureBoot"};
  if (const auto variable = root.read(kVariable, 64)) {
    fact.value = parse_secure_boot(as_bytes(*variable));
  } else if (root.is_there("/sys/firmware/dmi") && root.exists("/sys/firmware/efi") == false) {
    // A PC whose firmware left no EFI behind was started without it.
    fact = {false, "started without EFI (/sys/firmware/efi)"};
  }
  return fact;
}

}  // namespace sallyport
