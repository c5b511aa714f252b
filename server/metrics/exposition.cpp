#include "server/metrics/exposition.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace sallyport {
namespace {

std::string escape(std::string_view text, bool with_quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n')
      escaped += "\\n";
    else if (c == '\\' || (with_quotes && c == '"'))
      escaped.append("\\").push_back(c);
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

std::string exposition_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  return fmt::format("{}", value);
}

std::string escape_label(std::string_view value) { return escape(value, true); }

std::string escape_help(std::string_view text) { return escape(text, false); }

void Exposition::begin(const Metric& metric) {
  name_ = metric.name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", metric.name, escape_help(metric.help),
                 metric.name, name_of(metric.type));
}

void Exposition::add(std::uint64_t value, Labels labels) { sample({}, labels, std::to_string(value)); }

void Exposition::add(double value, Labels labels) { sample({}, labels, exposition_number(value)); }

void Exposition::add_histogram(std::span<const double> upper_bounds, std::span<const std::uint64_t> counts, double sum,
                               const Label& label) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    const auto bound = i < upper_bounds.size() ? exposition_number(upper_bounds[i]) : std::string{"+Inf"};
    sample("_bucket", {label, {"le", bound}}, std::to_string(below));
  }
  sample("_sum", {label}, exposition_number(sum));
  sample("_count", {label}, std::to_string(below));
}

void Exposition::sample(std::string_view suffix, Labels labels, std::string_view value) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& label : labels) {
    text_.append(1, before).append(label.name).append("=\"").append(escape_label(label.value)).append("\"");
    before = ',';
  }
  if (labels.size() != 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

std::string absent_gateway_page() {
  Exposition page;
  page.begin(metric("sallyport_up"));
  page.add(std::uint64_t{0});
  return page.take();
}

}  // namespace sallyport
