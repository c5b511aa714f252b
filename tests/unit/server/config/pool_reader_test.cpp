#include "server/config/pool_reader.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

PoolPrefixes pool_of(std::string_view line) {
  const toml::parse_result document = toml::parse(line);
  ConfigReader reader{document.table(), "gateway.toml"};
  const auto pool = read_pool(reader);
  EXPECT_EQ(to_string(reader.take_diagnostics()), "");
  return pool;
}

TEST(PoolReader, TakesAPrefixOfEachFamilyInAnyOrder) {
  const auto both = pool_of("pool = [\"fd12:3456:789a::/64\", \"10.99.0.0/24\"]");
  EXPECT_EQ(both.v4, IpPrefix::parse("10.99.0.0/24"));
  EXPECT_EQ(both.v6, IpPrefix::parse("fd12:3456:789a::/64"));
  EXPECT_EQ(pool_of("pool = \"10.0.0.0/30\"").v6, std::nullopt);
}

struct PoolMistake {
  const char* pool;
  const char* complaint;
};

class PoolReaderMistake : public testing::TestWithParam<PoolMistake> {};

TEST_P(PoolReaderMistake, IsNamedWithPlaceAndRemedy) {
  const auto config = parse_gateway_config(
      std::string{"version=1\nname=\"a\"\ntrust_domain=\"b\"\npool = "} + GetParam().pool, "gateway.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(to_string(config.error()), std::string{"gateway.toml:4:"} + GetParam().complaint + '\n');
}

INSTANTIATE_TEST_SUITE_P(
    Table, PoolReaderMistake,
    testing::Values(
        PoolMistake{"\"10.99.0.1/24\"",
                    "8: error: \"10.99.0.1/24\" is not a network prefix (did you mean \"10.99.0.0/24\"?)"},
        PoolMistake{"\"ten\"", "8: error: \"ten\" is not a network prefix (example: \"10.99.0.0/24\")"},
        PoolMistake{"\"10.99.0.0/33\"",
                    "8: error: \"10.99.0.0/33\" is not a network prefix (example: \"10.99.0.0/24\")"},
        PoolMistake{"\"10.99.0.0/31\"",
                    "8: error: 10.99.0.0/31 has no room for a device (examples: \"10.99.0.0/24\", "
                    "\"fd12:3456:789a::/64\")"},
        PoolMistake{"\"127.0.0.0/8\"",
                    "8: error: 127.0.0.0/8 holds addresses that a device cannot have (examples: "
                    "\"10.99.0.0/24\", \"fd12:3456:789a::/64\")"},
        PoolMistake{"\"0.0.0.0/0\"",
                    "8: error: 0.0.0.0/0 holds addresses that a device cannot have (examples: "
                    "\"10.99.0.0/24\", \"fd12:3456:789a::/64\")"},
        PoolMistake{"\"fe80::/64\"",
                    "8: error: fe80::/64 holds addresses that a device cannot have (examples: "
                    "\"10.99.0.0/24\", \"fd12:3456:789a::/64\")"},
        PoolMistake{"[\"10.99.0.0/24\", \"10.98.0.0/24\"]",
                    "25: error: the pool has 10.99.0.0/24 already (one prefix of each family; make it larger instead)"},
        PoolMistake{"[]", "8: error: pool must be a list that is not empty"}));

}  // namespace
}  // namespace sallyport
