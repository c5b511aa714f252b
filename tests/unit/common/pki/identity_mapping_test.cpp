#include "common/pki/identity_mapping.hpp"

#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

struct PatternCase {
  std::string_view name, text;
  bool is_good;
};

class UriPatternParse : public testing::TestWithParam<PatternCase> {};

TEST_P(UriPatternParse, TakesOnlyWhatCanBeReadInOneWay) {
  EXPECT_EQ(UriPattern::parse(GetParam().text).has_value(), GetParam().is_good) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Table, UriPatternParse,
                         testing::ValuesIn(std::vector<PatternCase>{
                             {"Both", "https://id.example.com/{user}/{device}", true},
                             {"DeviceAlone", "urn:corp:{device}", true},
                             {"UserAlone", "urn:corp:{user}", true},
                             {"TailBehind", "spiffe://corp/{device}/agent", true},
                             {"NoPlaceholder", "https://id.example.com/", false},
                             {"Unknown", "urn:corp:{host}", false},
                             {"Unclosed", "urn:corp:{device", false},
                             {"Unopened", "urn:corp:device}", false},
                             {"Twice", "urn:{device}:{device}", false},
                             {"TextBeside", "urn:corp:pc-{device}", false},
                             {"TextBehind", "urn:corp:{device}.example.com", false},
                             {"Adjacent", "urn:corp:{user}{device}", false},
                             {"JoinedByDash", "urn:corp:{user}-{device}", false},
                             {"AtTheBeginning", "{device}", false},
                             {"Blank", "urn:corp: {device}", false},
                             {"Empty", "", false},
                         }),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(UriPattern, MatchesTheWholeAndNothingElse) {
  const auto pattern = *UriPattern::parse("https://id.example.com/{user}/{device}");
  const auto match = pattern.match("https://id.example.com/ana@example.com/ana-laptop");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->user, "ana@example.com");
  EXPECT_EQ(match->device, "ana-laptop");
  for (const auto* other : {"https://id.example.com/ana@example.com/", "https://id.example.com//ana-laptop",
                            "https://id.example.com/ana@example.com/ana-laptop/", "https://id.example.com/a/b/c",
                            "http://id.example.com/a/b", "https://id.example.com/a/b?c", "https://id.example.com/a/b#c",
                            "https://id.example.co", ""}) {
    EXPECT_FALSE(pattern.match(other)) << other;
  }
}

TEST(UserPattern, NamesOnePersonOrOneDomain) {
  const auto domain = *UserPattern::parse("*@Example.com");
  EXPECT_TRUE(domain.matches(UserId{"ana@example.com"}));
  EXPECT_FALSE(domain.matches(UserId{"ana@sub.example.com"})) << "not below it";
  EXPECT_FALSE(domain.matches(UserId{"ana@notexample.com"}));
  EXPECT_FALSE(domain.matches(UserId{"@example.com"}));
  EXPECT_FALSE(domain.matches(UserId{}));
  const auto person = *UserPattern::parse("ana@example.com");
  EXPECT_TRUE(person.matches(UserId{"ana@example.com"}));
  EXPECT_FALSE(person.matches(UserId{"bo@example.com"}));
  for (const auto* wrong : {"", "*", "*@", "ana", "*@*", "a*@example.com", "*@*.example.com"})
    EXPECT_FALSE(UserPattern::parse(wrong)) << wrong;
}

class Mapping : public testing::Test {
 protected:
  CertificateInfo leaf(const std::function<void(LeafWishes&)>& change) const { return pki_.mint(change).info; }
  static std::string text_of(const Result<MappedIdentity, IdentityFault>& identity) {
    return identity ? identity->device.text() + " " + identity->user.text()
                    : "fault " + std::to_string(static_cast<int>(identity.error()));
  }
  static std::string fault(IdentityFault fault) { return "fault " + std::to_string(static_cast<int>(fault)); }

  const TestPki pki_;
  const IdentityMapping by_uri_{UriPattern::parse("urn:corp:{user}:{device}").value(), UserSource::Uri,
                                DeviceSource::Uri};
  const IdentityMapping by_name_{{}, UserSource::Email, DeviceSource::CommonName};
};

TEST_F(Mapping, ReadsBothFromOneUriAmongOthers) {
  const auto good = leaf([](LeafWishes& w) { w.uris = {"tag:mdm,2026:sid", "urn:corp:Ana@Example.com:ANA-Laptop"}; });
  EXPECT_EQ(text_of(map_identity(good, by_uri_)), "ana-laptop ana@example.com");
}

TEST_F(Mapping, RefusesWhatIsNotThereExactlyOnce) {
  const auto none = leaf([](LeafWishes& w) { w.uris = {"urn:other:ana@example.com:x"}; });
  EXPECT_EQ(text_of(map_identity(none, by_uri_)), fault(IdentityFault::NoMatchingUri));
  const auto two = leaf([](LeafWishes& w) { w.uris = {"urn:corp:a@example.com:x", "urn:corp:b@example.com:x"}; });
  EXPECT_EQ(text_of(map_identity(two, by_uri_)), fault(IdentityFault::SeveralMatchingUris));
  const auto same = leaf([](LeafWishes& w) { w.uris = {"urn:corp:a@example.com:x", "urn:corp:a@example.com:x"}; });
  EXPECT_EQ(text_of(map_identity(same, by_uri_)), fault(IdentityFault::SeveralMatchingUris)) << "twice is not once";
  const auto no_mail = leaf([](LeafWishes& w) { w.emails.clear(); });
  EXPECT_EQ(text_of(map_identity(no_mail, by_name_)), fault(IdentityFault::NoUser));
  const auto mails = leaf([](LeafWishes& w) { w.emails = {"a@example.com", "b@example.com"}; });
  EXPECT_EQ(text_of(map_identity(mails, by_name_)), fault(IdentityFault::SeveralUsers));
}

TEST_F(Mapping, TakesTheDeviceFromTheCommonName) {
  EXPECT_EQ(text_of(map_identity(leaf([](LeafWishes& w) { w.common_name = "LAPTOP-7"; }), by_name_)),
            "laptop-7 ana@example.com");
  for (const auto* wrong : {"laptop 7", "laptop_7", "laptop.example.com", "", "l\xc3\xa4ptop",
                            "0123456789012345678901234567890123456789012345678901234567890123"}) {
    EXPECT_EQ(text_of(map_identity(leaf([&](LeafWishes& w) { w.common_name = wrong; }), by_name_)),
              fault(IdentityFault::MalformedDevice))
        << wrong;
  }
}

TEST_F(Mapping, RefusesASubjectWithTwoNamesOrWithout) {
  auto info = leaf([](LeafWishes&) {});
  const auto attribute = [](std::string_view oid, std::string_view value) {
    return der::wrap(der::Set, der::sequence({der::oid(oid), der::text(der::Utf8String, value)}));
  };
  info.subject_der = der::sequence({attribute(oids::kCommonName, "one"), attribute(oids::kCommonName, "two")});
  EXPECT_EQ(text_of(map_identity(info, by_name_)), fault(IdentityFault::SeveralDevices));
  info.subject_der = der::sequence({attribute(oids::kOrganization, "corp")});
  EXPECT_EQ(text_of(map_identity(info, by_name_)), fault(IdentityFault::NoDevice));
  const IdentityMapping by_serial{{}, UserSource::Email, DeviceSource::SubjectSerial};
  info.subject_der = der::sequence({attribute(oids::kSerialNumber, "C02XK1")});
  EXPECT_EQ(text_of(map_identity(info, by_serial)), "c02xk1 ana@example.com");
}

TEST_F(Mapping, TakesTheDeviceFromTheCertificatesNumber) {
  const auto info = leaf([](LeafWishes&) {});
  EXPECT_EQ(text_of(map_identity(info, {{}, UserSource::Email, DeviceSource::CertificateSerial})),
            info.serial_hex + " ana@example.com");
}

TEST_F(Mapping, RefusesAUserThatIsNoAddress) {
  const auto info = leaf([](LeafWishes& w) { w.uris = {"urn:corp:ana:laptop"}; });
  EXPECT_EQ(text_of(map_identity(info, by_uri_)), fault(IdentityFault::MalformedUser));
}

}  // namespace
}  // namespace sallyport
