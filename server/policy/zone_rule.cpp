#include "server/policy/zone_rule.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Reads one TZ string from left to right. After the first failure nothing more is read.
class ZoneRuleParser {
 public:
  explicit ZoneRuleParser(std::string_view text) noexcept : rest_{text} {}

  std::optional<ZoneRule> run() {
    ZoneRule rule;
    if (!skip_name() || !read_time(rule.standard_)) return std::nullopt;
    rule.standard_ = -rule.standard_;  // POSIX counts westwards
    if (rest_.empty()) return rule;
    ZoneRule::Summer summer;
    if (!skip_name()) return std::nullopt;
    summer.utc = -(rule.standard_ + hours{1});
    if (!rest_.starts_with(',') && !read_time(summer.utc)) return std::nullopt;
    summer.utc = -summer.utc;
    if (!take(',') || !read_moment(summer.begin) || !take(',') || !read_moment(summer.end)) return std::nullopt;
    if (!rest_.empty()) return std::nullopt;
    rule.summer_ = summer;
    return rule;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

  /// "CET" or "<+03>".
  bool skip_name() {
    if (take('<')) {
      const auto end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(length);
    return length >= 3;
  }

  bool read_number(unsigned max, unsigned& value) {
    if (rest_.empty() || !is_digit(rest_.front())) return false;
    for (value = 0; !rest_.empty() && is_digit(rest_.front()) && value <= max; rest_.remove_prefix(1)) {
      value = value * 10 + static_cast<unsigned>(rest_.front() - '0');
    }
    return value <= max;
  }

  /// [+-]h[hh][:mm[:ss]]
  bool read_time(seconds& time) {
    const bool negative = take('-');
    if (!negative) take('+');
    unsigned h = 0;
    unsigned m = 0;
    unsigned s = 0;
    if (!read_number(167, h)) return false;
    if (take(':') && (!read_number(59, m) || (take(':') && !read_number(59, s)))) return false;
    time = hours{h} + minutes{m} + seconds{s};
    if (negative) time = -time;
    return true;
  }

  bool read_moment(ZoneRule::Moment& moment) {
    using Form = ZoneRule::Moment::Form;
    moment.time = hours{2};
    if (take('M')) {
      moment.form = Form::WeekdayOfMonth;
      if (!read_number(12, moment.month) || !take('.') || !read_number(5, moment.week) || !take('.')) return false;
      if (!read_number(6, moment.day) || moment.month == 0 || moment.week == 0) return false;
    } else {
      moment.form = take('J') ? Form::DayWithoutLeap : Form::DayWithLeap;
      if (!read_number(365, moment.day)) return false;
      if (moment.form == Form::DayWithoutLeap && moment.day == 0) return false;
    }
    return !take('/') || read_time(moment.time);
  }

  std::string_view rest_;
};

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) { return ZoneRuleParser{text}.run(); }

std::chrono::sys_days ZoneRule::Moment::date_in(std::chrono::year year) const {
  using std::chrono::days;
  using std::chrono::sys_days;
  const sys_days new_year{year / std::chrono::January / 1};
  switch (form) {
    case Form::DayWithoutLeap:
      return new_year + days{day - 1} + days{year.is_leap() && day >= 60 ? 1 : 0};
    case Form::DayWithLeap:
      return new_year + days{day};
    case Form::WeekdayOfMonth:
      break;
  }
  const auto of_year = year / std::chrono::month{month};
  const std::chrono::weekday weekday{day};
  return week == 5 ? sys_days{of_year / weekday[std::chrono::last]} : sys_days{of_year / weekday[week]};
}

std::array<ZoneChange, 2> ZoneRule::changes_in(std::chrono::year year) const {
  std::array<ZoneChange, 2> both{
      ZoneChange{WallTime{summer_->begin.date_in(year)} + summer_->begin.time - standard_, summer_->utc},
      ZoneChange{WallTime{summer_->end.date_in(year)} + summer_->end.time - summer_->utc, standard_}};
  if (both[1].at < both[0].at) std::swap(both[0], both[1]);
  return both;
}

}  // namespace sallyport
