#include "common/pki/high_water_mark.hpp"

#include "common/base/file.hpp"
#include "common/base/hex.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace sallyport {
namespace {

struct Line {
  std::string authority;
  HighWaterMark::Entry entry;
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Line> parse_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view authority = line.substr(0, first);
  const auto number = parse_number(line.substr(first + 1, second - first - 1));
  const auto time = parse_utc(line.substr(second + 1));
  if (authority.empty() || !from_hex(authority) || !number || !time) return std::nullopt;
  return Line{std::string{authority}, {*number, *time}};
}

}  // namespace

std::optional<HighWaterMark::Entry> HighWaterMark::find(const std::string& authority) const {
  const auto found = entries_.find(authority);
  return found == entries_.end() ? std::nullopt : std::optional{found->second};
}

void HighWaterMark::raise(const std::string& authority, Entry entry) {
  Entry& current = entries_.try_emplace(authority, entry).first->second;
  current = std::max(current, entry);
}

Result<HighWaterMark, PkiError> HighWaterMark::parse(std::string_view text) {
  HighWaterMark mark;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = end == std::string_view::npos ? std::nullopt : parse_line(text.substr(0, end));
    if (!line || mark.entries_.contains(line->authority)) {
      return fail(PkiError{PkiProblem::Malformed,
                           "the record of revocation list numbers is damaged; restore it, or "
                           "remove it and issue a new revocation list"});
    }
    mark.entries_.emplace(line->authority, line->entry);
    text.remove_prefix(end + 1);
  }
  return mark;
}

std::string HighWaterMark::to_text() const {
  std::string out;
  for (const auto& [authority, entry] : entries_) {
    out += fmt::format("{} {} {}\n", authority, entry.number, format_utc(entry.this_update));
  }
  return out;
}

Result<HighWaterMark, PkiError> HighWaterMark::load(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return HighWaterMark{};
  const auto text = read_file(path, std::size_t{64} << 10U);
  if (!text) return fail(PkiError{PkiProblem::File, to_string(text.error())});
  auto mark = parse(*text);
  if (!mark) return fail(PkiError{mark.error().problem, path + ": " + mark.error().words});
  return mark;
}

Result<void, PkiError> HighWaterMark::store(const std::string& path) const {
  auto merged = load(path);
  if (!merged) return fail(merged.error());
  const HighWaterMark before = *merged;
  for (const auto& [authority, entry] : entries_) merged->raise(authority, entry);
  if (*merged == before) return {};
  auto written = write_file_atomically(path, merged->to_text(), 0600);
  if (!written) return fail(PkiError{PkiProblem::File, to_string(written.error())});
  return {};
}

}  // namespace sallyport
