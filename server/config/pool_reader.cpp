#include "server/config/pool_reader.hpp"

#include "common/base/text.hpp"

#include <array>

namespace sallyport {
namespace {

// Smaller pools have no room for a device beside network, gateway and broadcast.
constexpr unsigned kLongestV4Pool = 30;
constexpr unsigned kLongestV6Pool = 126;

/// Networks that no device may be given an address of.
constexpr std::array<std::string_view, 7> kUnusable{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3",
                                                    "::/8",      "fe80::/10",   "ff00::/8"};

std::string hint_for_prefix(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || slash == std::string_view::npos) return "example: \"10.99.0.0/24\"";
  const auto length = parse_decimal(text.substr(slash + 1), address->bit_width());
  if (!length) return "example: \"10.99.0.0/24\"";
  return "did you mean \"" + IpPrefix::around(*address, *length).to_string() + "\"?";
}

/// Why devices cannot live in `prefix`; empty when they can.
std::string_view unusable_because(const IpPrefix& prefix) {
  const bool is_v4 = prefix.network().is_v4();
  if (prefix.length() > (is_v4 ? kLongestV4Pool : kLongestV6Pool)) return "has no room for a device";
  for (const auto text : kUnusable) {
    if (IpPrefix::parse(text)->overlaps(prefix)) return "holds addresses that a device cannot have";
  }
  return {};
}

void read_pool_prefix(ConfigReader& reader, const ConfigText& text, PoolPrefixes& pool) {
  const auto prefix = IpPrefix::parse(text.value);
  if (!prefix) {
    return reader.complain(text.place, in_quotes(text.value) + " is not a network prefix", hint_for_prefix(text.value));
  }
  if (const auto reason = unusable_because(*prefix); !reason.empty()) {
    return reader.complain(text.place, prefix->to_string() + ' ' + std::string{reason},
                           "examples: \"10.99.0.0/24\", \"fd12:3456:789a::/64\"");
  }
  auto& family = prefix->network().is_v4() ? pool.v4 : pool.v6;
  if (family) {
    return reader.complain(text.place, "the pool has " + family->to_string() + " already",
                           "one prefix of each family; make it larger instead");
  }
  family = *prefix;
}

}  // namespace

PoolPrefixes read_pool(ConfigReader& reader) {
  PoolPrefixes pool;
  for (const auto& text : reader.texts({"", "pool"})) read_pool_prefix(reader, text, pool);
  return pool;
}

}  // namespace sallyport
