#include "common/pki/token_uri.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(TokenUri, SaysWhichKeyOnWhichTokenIsMeant) {
  const auto uri = TokenUri::parse(
      "pkcs11:token=My%20token;serial=0123;object=sallyport;id=%01%ff;type=private?module-path=/usr/lib/"
      "m.so&pin-source=file:/etc/pin");
  ASSERT_TRUE(uri) << uri.error().words;
  EXPECT_EQ(uri->token_name(), "My token");
  EXPECT_EQ(uri->key_label(), "sallyport");
  EXPECT_EQ(uri->key_id(), (ByteBuffer{std::byte{1}, std::byte{0xff}}));
  EXPECT_EQ(uri->module_path(), "/usr/lib/m.so");
  EXPECT_EQ(uri->pin_file(), "/etc/pin");
  EXPECT_TRUE(uri->is_fixed());
}

TEST(TokenUri, NamesAPlaceWhereItSaysNoId) {
  const auto uri = TokenUri::parse("pkcs11:serial=0123;object=sallyport?module-name=softhsm2&pin-source=/etc/pin");
  ASSERT_TRUE(uri) << uri.error().words;
  EXPECT_FALSE(uri->is_fixed());
  EXPECT_EQ(uri->token_name(), "0123");
  EXPECT_EQ(uri->module_name(), "softhsm2");
  EXPECT_EQ(uri->pin_file(), "/etc/pin");
}

TEST(TokenUri, RefusesAPinThatOthersCouldReadAndDoesNotRepeatIt) {
  const auto uri = TokenUri::parse("pkcs11:token=t;object=k?pin-value=918273");
  ASSERT_FALSE(uri);
  EXPECT_EQ(uri.error().problem, PkiProblem::BadUri);
  EXPECT_NE(uri.error().words.find("pin-source=file:"), std::string::npos);
  EXPECT_EQ(uri.error().words.find("918273"), std::string::npos);
}

TEST(TokenUri, RefusesWhatIsIncompleteMisspeltOrUnreadable) {
  for (const auto* text :
       {"", "pkcs11:", "pkcs12:token=t;object=k", "pkcs11:object=k", "pkcs11:token=t", "pkcs11:token=t;object=k;typ=x",
        "pkcs11:tokn=t;object=k", "pkcs11:token=t;object=%zz", "pkcs11:token=t;object=k;type=cert",
        "pkcs11:token=t;object=k?pin-source=%7Ccat%20/etc/pin", "pkcs11:token=t;object=k?pin-source=pin",
        "pkcs11:token=t;object=k?module-path=evil.so", "pkcs11:token=t;object=k?module-path=../evil.so",
        "pkcs11:token=my token;object=k", "pkcs11:token=t;object=k\n", "/etc/key.pem"}) {
    const auto uri = TokenUri::parse(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_FALSE(uri.error().words.empty()) << text;
  }
  EXPECT_FALSE(TokenUri::parse("pkcs11:token=t;object=" + std::string(3000, 'k')));
}

}  // namespace
}  // namespace sallyport
