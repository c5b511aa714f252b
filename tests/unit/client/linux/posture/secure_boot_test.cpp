#include "tests/unit/client/linux/posture/made_up_system.hpp"

namespace sallyport {
namespace {

constexpr const char* kVariable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

std::optional<bool> found(const test::MadeUpSystem& system) { return collect_secure_boot(system.root()).value; }

TEST(SecureBootCollector, ReadsTheVariable) {
  const test::MadeUpSystem system;
  system.write(kVariable, std::string{"\x06\0\0\0\x01", 5});
  EXPECT_EQ(found(system), true);
  system.write(kVariable, std::string{"\x06\0\0\0\0", 5});
  EXPECT_EQ(found(system), false);
}

TEST(SecureBootCollector, AVariableOfAnotherShapeIsUnknown) {
  const test::MadeUpSystem system;
  for (const auto& octets :
       {std::string{}, std::string{"\x01"}, std::string{"\x06\0\0\0\x02", 5}, std::string(6, '\1')}) {
    system.write(kVariable, octets);
    EXPECT_EQ(found(system), std::nullopt);
  }
}

TEST(SecureBootCollector, AComputerThatStartedWithoutEfiHasNone) {
  const test::MadeUpSystem system;
  EXPECT_EQ(found(system), std::nullopt) << "no firmware is visible, as in a container";
  system.folder("/sys/firmware/dmi");
  EXPECT_EQ(found(system), false);
  system.folder("/sys/firmware/efi");
  EXPECT_EQ(found(system), std::nullopt) << "EFI whose variables are not mounted";
}

}  // namespace
}  // namespace sallyport
