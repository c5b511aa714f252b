#include "server/config/config_values.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

enum class Door { Open, Shut };
std::string_view name_of(Door door) { return door == Door::Open ? "open" : "shut"; }

/// A file of one line, and what is said of it.
class ConfigValues : public testing::Test {
 protected:
  template <class Read>
  auto read(std::string_view line, Read read) {
    const toml::parse_result document = toml::parse(line);
    ConfigReader reader{document.table(), "g"};
    auto value = read(reader);
    said_ = to_string(reader.take_diagnostics());
    return value;
  }
  std::string said_;
};

TEST_F(ConfigValues, PathsAreAbsoluteAndLoseTheSlashAtTheirEnd) {
  const auto path = [](ConfigReader& reader) { return read_path(reader, {"", "state"}, "/fallback"); };
  EXPECT_EQ(read("state = \"/var/lib/x//\"", path), "/var/lib/x");
  EXPECT_EQ(read("state = \"/\"", path), "/");
  EXPECT_EQ(read("", path), "/fallback");
  EXPECT_EQ(said_, "");
  EXPECT_EQ(read("state = \"x\"", path), "/fallback");
  EXPECT_EQ(said_, "g:1:9: error: state must be an absolute path (start it with \"/\")\n");
}

TEST_F(ConfigValues, LimitsAreTimesOrNoneAndNeverTooShort) {
  const auto limit = [](ConfigReader& reader) {
    return read_limit(reader, {"", "lifetime"}, seconds{60}, seconds{600});
  };
  EXPECT_EQ(read("lifetime = \"none\"", limit), std::nullopt);
  EXPECT_EQ(read("lifetime = \"2m\"", limit), seconds{120});
  EXPECT_EQ(read("", limit), seconds{600});
  EXPECT_EQ(said_, "");
  EXPECT_EQ(read("lifetime = \"59s\"", limit), seconds{600});
  EXPECT_EQ(said_, "g:1:12: error: lifetime: too short (at least \"1m\", or \"none\" for no limit)\n");
}

TEST_F(ConfigValues, ChoicesAreOneOfTheirWordsAndNoOtherIsTakenForTheUsualOne) {
  const auto choice = [](ConfigReader& reader) {
    return read_choice(reader, {"", "door"}, std::array{Door::Open, Door::Shut}, Door::Shut);
  };
  EXPECT_EQ(read("door = \"open\"", choice), Door::Open);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(read("door = \"ajar\"", choice), Door::Shut);
  EXPECT_EQ(said_, "g:1:8: error: door cannot be \"ajar\" (one of \"open\", \"shut\")\n");
}

TEST_F(ConfigValues, EndpointsAreTakenOnceEach) {
  const auto endpoints = [](ConfigReader& reader) { return read_endpoints(reader, {"", "listen"}); };
  EXPECT_EQ(read("listen = [\"192.0.2.1:443\", \"[::]:443\"]", endpoints).size(), 2U);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(read("listen = [\"[::]:443\", \"[0::0]:443\"]", endpoints).size(), 1U);
  EXPECT_EQ(said_, "g:1:23: error: [::]:443 is listed twice\n");
}

}  // namespace
}  // namespace sallyport
