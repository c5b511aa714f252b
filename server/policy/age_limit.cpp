#include "server/policy/age_limit.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

using std::chrono::seconds;

struct Unit {
  char letter;
  std::chrono::seconds length;
};
constexpr std::array<Unit, 4> kUnits{Unit{'d', std::chrono::days{1}}, Unit{'h', std::chrono::hours{1}},
                                     Unit{'m', std::chrono::minutes{1}}, Unit{'s', std::chrono::seconds{1}}};

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text, 64) + '"'; }

const Unit* unit_of(char letter) {
  for (const auto& unit : kUnits) {
    if (unit.letter == letter) return &unit;
  }
  return nullptr;
}

std::string unreadable(std::string_view text) {
  constexpr std::string_view kExample = R"(write a whole number and its unit: "90s", "5m", "8h" or "7d")";
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto rest = text.substr(digits.size());
  const auto word = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
  const Unit* unit = word.empty() ? nullptr : unit_of(lower_ascii(word.substr(0, 1)).front());
  if (!parse_decimal(digits, 99'999'999) || unit == nullptr)
    return fmt::format("{} is no duration: {}", in_quotes(text), kExample);
  return fmt::format("{} is no duration: did you mean \"{}{}\"?", in_quotes(text), digits, unit->letter);
}

}  // namespace

Result<seconds, std::string> parse_age(std::string_view text) {
  const Unit* unit = text.empty() ? nullptr : unit_of(text.back());
  const auto number = parse_decimal(text.substr(0, text.empty() ? 0 : text.size() - 1), 99'999'999);
  if (unit == nullptr || !number) return fail(unreadable(text));
  const seconds age = *number * unit->length;
  if (age == seconds{0}) return fail(fmt::format("{} has no length: the shortest duration is \"1s\"", in_quotes(text)));
  if (age > kLongestAge) return fail(fmt::format("{} is too long: the longest duration is \"366d\"", in_quotes(text)));
  return age;
}

std::string age_to_text(seconds age) {
  for (const auto& unit : kUnits) {
    if (age % unit.length == seconds{0}) return fmt::format("{}{}", age / unit.length, unit.letter);
  }
  return {};
}

}  // namespace sallyport
