#include "server/ctl/readable.hpp"

#include "server/ctl/enrolment_identity.hpp"
#include "server/ctl/text_table.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Readable, Durations) {
  EXPECT_EQ(readable_duration(std::chrono::seconds{0}), "0 s");
  EXPECT_EQ(readable_duration(std::chrono::seconds{59}), "59 s");
  EXPECT_EQ(readable_duration(std::chrono::seconds{60}), "1 min");
  EXPECT_EQ(readable_duration(std::chrono::seconds{7500}), "2 h 5 min");
  EXPECT_EQ(readable_duration(std::chrono::seconds{273'600}), "3 d 4 h");
}

TEST(Readable, Octets) {
  EXPECT_EQ(readable_octets(0), "0 B");
  EXPECT_EQ(readable_octets(999), "999 B");
  EXPECT_EQ(readable_octets(1000), "1.0 kB");
  EXPECT_EQ(readable_octets(9949), "9.9 kB");
  EXPECT_EQ(readable_octets(9950), "10 kB");
  EXPECT_EQ(readable_octets(999'600), "1.0 MB");
  EXPECT_EQ(readable_octets(UINT64_MAX), "18 EB");
}

TEST(Readable, Dates) {
  const auto now = *parse_utc("2026-11-21T00:00:00Z");
  EXPECT_EQ(readable_date(*parse_utc("2026-11-22T01:00:00Z"), now), "2026-11-22 (in 1 d 1 h)");
  EXPECT_EQ(readable_date(*parse_utc("2026-11-20T23:59:00Z"), now), "2026-11-20 (1 min ago)");
  EXPECT_EQ(readable_date(kNever, now), "never");
}

TEST(EnrolmentIdentity, TakesTheHintOnlyWhenNothingWasChosen) {
  EXPECT_EQ(choose_identity("ana@example.com", "", "Ana-Laptop")->device.text(), "ana-laptop");
  EXPECT_EQ(choose_identity("ana@example.com", "mine", "Ana-Laptop")->device.text(), "mine");
  EXPECT_EQ(choose_identity("Ana.Diaz@Example.com", "", "")->device.text(), "ana-diaz");
  EXPECT_EQ(choose_identity("Ana.Diaz@Example.com", "", "two words")->device.text(), "ana-diaz");
  EXPECT_EQ(choose_identity("Ana.Diaz@Example.com", "", "")->user.text(), "ana.diaz@example.com");
  EXPECT_FALSE(choose_identity("ana", "", "x"));
  EXPECT_FALSE(choose_identity("ana@example.com", "a/b", "x"));
}

TEST(TextTable, AlignsColumnsAndEscapesWhatOthersWrote) {
  TextTable table{{"A", "LONGER"}};
  table.add({"wide cell", Cell{"x", Style::Good}});
  table.add({"\x1b[2J", "y"});
  EXPECT_EQ(table.to_text(false), "A          LONGER\nwide cell  x\n\\x1b[2J    y\n");
  EXPECT_NE(table.to_text(true).find("\x1b[32mx\x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
