#pragma once

#include "server/metrics/metric.hpp"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

/// What a page of Exposition is, for HTTP: the text format that Prometheus 2 and 3 and the text file collector of its
/// node exporter read.
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// A page of metrics in Prometheus's text format 0.0.4. Pure. The samples of a family follow its begin().
class Exposition {
 public:
  struct Label {
    std::string_view name;
    std::string_view value;  ///< any octets; what the format asks for is escaped
  };
  using Labels = std::initializer_list<Label>;

  /// Its HELP and TYPE lines. Each metric once.
  void begin(const Metric& metric);

  void add(std::uint64_t value, Labels labels = {});
  void add(double value, Labels labels = {});

  /// One histogram: `upper_bounds` ascending, in the metric's unit; `counts` of each class (not cumulated), one more
  /// for what is beyond; the sum of all values.
  void add_histogram(std::span<const double> upper_bounds, std::span<const std::uint64_t> counts, double sum,
                     const Label& label);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

 private:
  void sample(std::string_view suffix, Labels labels, std::string_view value);

  std::string text_;
  std::string_view name_;
};

/// As the format writes a floating-point number: the shortest that reads back the same, "+Inf", "-Inf", "NaN".
[[nodiscard]] std::string exposition_number(double value);
/// A label's value without its quotes: backslash, quote and line feed are escaped; what is not UTF-8 must not occur.
[[nodiscard]] std::string escape_label(std::string_view value);
/// The text of a HELP line: backslash and line feed are escaped.
[[nodiscard]] std::string escape_help(std::string_view text);

/// All that a text file says when no gateway has answered.
[[nodiscard]] std::string absent_gateway_page();

}  // namespace sallyport
