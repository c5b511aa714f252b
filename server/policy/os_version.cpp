#include "server/policy/os_version.hpp"

#include "common/base/text.hpp"
#include "common/base/trimmed.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::string_view kBlank = " ";
constexpr unsigned kMaxPart = 999'999'999;
constexpr std::size_t kMaxParts = 8;
constexpr std::size_t kMaxBounds = 8;
constexpr std::string_view kRangeExample = R"(write ">=12", "==12.1" or ">=12, <14")";

std::string in_quotes(std::string_view text) { return '"' + escape_untrusted(text, 64) + '"'; }

}  // namespace

Result<OsVersion, std::string> OsVersion::parse(std::string_view text) {
  OsVersion version;
  for (auto rest = text;;) {
    const auto dot = rest.find('.');
    const auto part = parse_decimal(rest.substr(0, dot), kMaxPart);
    if (!part || version.parts_.size() == kMaxParts) {
      return fail(fmt::format("{} is no version: a version is numbers with dots between them, \"12\" or \"10.0.22631\"",
                              in_quotes(text)));
    }
    version.parts_.push_back(*part);
    if (dot == std::string_view::npos) return version;
    rest.remove_prefix(dot + 1);
  }
}

Result<OsVersion, std::string> OsVersion::parse_kernel(std::string_view release) {
  return parse(release.substr(0, release.find_first_of("-+")));
}

std::string OsVersion::to_string() const { return parts_.empty() ? "0" : fmt::format("{}", fmt::join(parts_, ".")); }

std::string OsVersion::sort_key() const {
  auto parts = parts_;
  while (!parts.empty() && parts.back() == 0) parts.pop_back();
  return fmt::format("{:09}", fmt::join(parts, "."));
}

std::strong_ordering operator<=>(const OsVersion& a, const OsVersion& b) noexcept {
  const auto part = [](const OsVersion& v, std::size_t i) { return i < v.parts_.size() ? v.parts_[i] : 0U; };
  for (std::size_t i = 0; i < std::max(a.parts_.size(), b.parts_.size()); ++i) {
    if (const auto order = part(a, i) <=> part(b, i); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

// Longer signs first: ">=" begins with ">".
const std::array<VersionRange::Sign, 5> VersionRange::kSigns{Sign{">=", Relation::AtLeast},
                                                             Sign{"<=", Relation::AtMost}, Sign{"==", Relation::Equal},
                                                             Sign{">", Relation::Above}, Sign{"<", Relation::Below}};

bool VersionRange::Bound::holds(const OsVersion& other) const noexcept {
  switch (relation) {
    case Relation::AtLeast:
      return other >= version;
    case Relation::AtMost:
      return other <= version;
    case Relation::Equal:
      return other == version;
    case Relation::Above:
      return other > version;
    case Relation::Below:
      return other < version;
  }
  return false;
}

Result<VersionRange::Bound, std::string> VersionRange::parse_bound(std::string_view text) {
  for (const auto& sign : kSigns) {
    if (!text.starts_with(sign.text)) continue;
    auto version = OsVersion::parse(trimmed(text.substr(sign.text.size()), kBlank));
    if (!version) return fail(std::move(version).error());
    return Bound{sign.relation, std::move(*version)};
  }
  const auto number = trimmed(text.substr(std::min(text.find_first_not_of("=~^!<> "), text.size())), kBlank);
  const bool reversed = text.starts_with("=>") || text.starts_with("=<");
  if (!OsVersion::parse(number))
    return fail(fmt::format("{} is no range of versions: {}", in_quotes(text), kRangeExample));
  if (reversed) {
    return fail(fmt::format("{} is no range of versions: did you mean \"{}={}\"?", in_quotes(text), text[1], number));
  }
  return fail(fmt::format("{} does not say which versions will do: write \">={}\" or \"=={}\"", in_quotes(text), number,
                          number));
}

/// Versions lie densely (12 < 12.0.1 < 12.1), so the ends alone decide.
bool VersionRange::can_hold() const {
  const OsVersion* least = nullptr;
  const OsVersion* most = nullptr;
  for (const auto& bound : bounds_) {
    const bool lower = bound.relation != Relation::AtMost && bound.relation != Relation::Below;
    const bool upper = bound.relation != Relation::AtLeast && bound.relation != Relation::Above;
    if (lower && (least == nullptr || bound.version > *least)) least = &bound.version;
    if (upper && (most == nullptr || bound.version < *most)) most = &bound.version;
  }
  const OsVersion zero;
  if (least == nullptr) least = &zero;
  if (most == nullptr || *least < *most) return true;
  return *least == *most && contains(*least);
}

Result<VersionRange, std::string> VersionRange::parse(std::string_view text) {
  VersionRange range;
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    auto bound = parse_bound(trimmed(rest.substr(0, comma), kBlank));
    if (!bound) return fail(std::move(bound).error());
    if (range.bounds_.size() == kMaxBounds)
      return fail(fmt::format("more than {} bounds: {}", kMaxBounds, kRangeExample));
    range.bounds_.push_back(std::move(*bound));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (!range.can_hold()) return fail(fmt::format("no version can be {}: all of its bounds must hold", in_quotes(text)));
  return range;
}

bool VersionRange::contains(const OsVersion& version) const noexcept {
  return std::all_of(bounds_.begin(), bounds_.end(), [&](const Bound& bound) { return bound.holds(version); });
}

VersionRange::Ends VersionRange::ends() const {
  Ends ends;
  for (const auto& [relation, version] : bounds_) {
    const bool lower = relation != Relation::AtMost && relation != Relation::Below;
    const bool upper = relation != Relation::AtLeast && relation != Relation::Above;
    auto& least = ends.least;
    if (lower && (version > least.version || (version == least.version && relation == Relation::Above)))
      least = {relation == Relation::Above ? Relation::Above : Relation::AtLeast, version};
    auto& most = ends.most;
    if (upper && (!most || version < most->version || (version == most->version && relation == Relation::Below)))
      most = {relation == Relation::Below ? Relation::Below : Relation::AtMost, version};
  }
  return ends;
}

std::string VersionRange::sort_key() const {
  const auto [least, most] = ends();
  auto text = least.version.sort_key() + (least.relation == Relation::Above ? " above" : "");
  return most ? text + " to " + most->version.sort_key() + (most->relation == Relation::Below ? " below" : "") : text;
}

bool VersionRange::within(const VersionRange& other) const {
  const auto mine = ends();
  const auto theirs = other.ends();
  const auto& least = theirs.least;
  const bool least_fits = mine.least.version == least.version
                              ? least.relation == Relation::AtLeast || mine.least.relation == Relation::Above
                              : mine.least.version > least.version;
  if (!least_fits || !theirs.most) return least_fits;
  if (!mine.most) return false;
  if (mine.most->version != theirs.most->version) return mine.most->version < theirs.most->version;
  return theirs.most->relation == Relation::AtMost || mine.most->relation == Relation::Below;
}

bool VersionRange::excludes(const VersionRange& other) const {
  auto both = *this;
  both.bounds_.insert(both.bounds_.end(), other.bounds_.begin(), other.bounds_.end());
  return !both.can_hold();
}

std::string VersionRange::to_string() const {
  std::string text;
  for (const auto& bound : bounds_) {
    const auto sign =
        std::find_if(kSigns.begin(), kSigns.end(), [&](const Sign& s) { return s.relation == bound.relation; });
    if (!text.empty()) text += ", ";
    text.append(sign->text).append(bound.version.to_string());
  }
  return text;
}

}  // namespace sallyport
