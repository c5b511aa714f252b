#include "server/history/policy_record.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sallyport {
namespace {

constexpr std::string_view kHeading = "sallyport-policy-record 1\n";
constexpr std::string_view kSum = "sum ";
constexpr std::size_t kDigestSize = 64;
constexpr std::size_t kSumSize = kSum.size() + kDigestSize + 1;
constexpr std::size_t kMaxHash = 64;
constexpr unsigned kMaxNumber = std::numeric_limits<unsigned>::max();
constexpr const char* kDamaged = "the record of policy versions is damaged";

/// The words of one line, parted by single blanks.
class Words {
 public:
  explicit Words(std::string_view line) noexcept : rest_{line} {}

  std::string_view next() noexcept {
    const auto end = std::min(rest_.find(' '), rest_.size());
    const auto word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return word;
  }
  std::optional<VersionNumber> number() noexcept {
    const auto value = parse_decimal(next(), kMaxNumber);
    return value && *value != 0 ? std::optional{VersionNumber{*value}} : std::nullopt;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_hash(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxHash &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_sound(const PolicyVersion& version) noexcept {
  const bool comes_back = version.how == Activation::Revert || version.how == Activation::Rollback;
  return is_hash(version.hash) && is_policy_digest(version.digest.text()) && !version.by.empty() &&
         version.by.size() <= kMaxActor && is_printable(version.by) && version.restores.has_value() == comes_back &&
         (!version.restores || *version.restores < version.number);
}

std::optional<PolicyVersion> parse_version(Words words) {
  PolicyVersion version;
  const auto number = words.number();
  const auto time = parse_utc(words.next());
  const auto how = parse_activation(words.next());
  const auto restores = words.next();
  const auto restored = restores == "-" ? std::nullopt : Words{restores}.number();
  version.hash = words.next();
  version.digest = PolicyDigest{std::string{words.next()}};
  const auto size = parse_decimal(words.next(), static_cast<unsigned>(kMaxPackedOctets));
  version.by = words.rest();
  if (!number || !time || !how || !size || (restores != "-" && !restored)) return std::nullopt;
  version.number = *number;
  version.time = *time;
  version.how = *how;
  version.restores = restored;
  version.size = *size;
  return is_sound(version) ? std::optional{std::move(version)} : std::nullopt;
}

std::string line_of(const PolicyVersion& version) {
  return "version " + to_string(version.number) + ' ' + format_utc(version.time) + ' ' +
         std::string{name_of(version.how)} + ' ' + (version.restores ? to_string(*version.restores) : "-") + ' ' +
         version.hash + ' ' + version.digest.text() + ' ' + std::to_string(version.size) + ' ' + version.by + '\n';
}

}  // namespace

Result<std::string, std::string> PolicyRecord::to_text() const {
  if (running() != nullptr && running()->number > VersionNumber{kMaxNumber})
    return fail(std::string{"the numbers of policy versions are used up; remove the history"});
  std::string text{kHeading};
  for (const auto& version : versions_) text += line_of(version);
  if (pending_) text += "pending " + to_string(pending_->previous) + ' ' + format_utc(pending_->until) + '\n';
  for (const auto& digest : held_) text += "held " + digest.text() + '\n';
  const auto sum = digest_of(text);
  if (!sum) return fail(sum.error());
  return text + std::string{kSum} + sum->text() + '\n';
}

Result<PolicyRecord, std::string> PolicyRecord::parse(std::string_view text) {
  const auto damaged = fail(std::string{kDamaged});
  if (text.size() < kHeading.size() + kSumSize || text.size() > kMaxPolicyRecord) return damaged;
  PolicyRecord record;
  std::string_view lines = text.substr(0, text.size() - kSumSize);
  if (!lines.starts_with(kHeading)) return damaged;
  lines.remove_prefix(kHeading.size());
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == std::string_view::npos || !record.read_line(lines.substr(0, end))) return damaged;
    lines.remove_prefix(end + 1);
  }
  // The sum stands at the end of the canonical form: one comparison covers both.
  const auto again = record.to_text();
  if (!again) return fail(again.error());
  if (!record.is_consistent() || *again != text) return damaged;
  return record;
}

bool PolicyRecord::read_line(std::string_view line) {
  Words words{line};
  const auto kind = words.next();
  if (kind == "version") {
    auto version = parse_version(words);
    if (version) versions_.push_back(std::move(*version));
    return version && versions_.size() <= kMaxPolicyVersions;
  }
  if (kind == "pending") {
    const auto previous = words.number();
    const auto until = parse_utc(words.rest());
    if (!previous || !until || pending_) return false;
    pending_ = PendingConfirmation{*previous, *until};
    return true;
  }
  if (kind != "held" || !is_policy_digest(words.rest()) || held_.size() > kMaxPolicyVersions) return false;
  held_.emplace_back(std::string{words.rest()});
  return true;
}

bool PolicyRecord::is_consistent() const noexcept {
  const bool ascends = std::adjacent_find(versions_.begin(), versions_.end(), [](const auto& a, const auto& b) {
                         return a.number >= b.number;
                       }) == versions_.end();
  const bool holds_apart = std::adjacent_find(held_.begin(), held_.end(), std::greater_equal<>{}) == held_.end();
  if (!ascends || !holds_apart) return false;
  if (running() == nullptr) return !pending_ && held_.empty();
  if (is_held(running()->digest)) return false;
  if (!pending_) return true;
  if (!held_.empty() && running()->size != kEmptyPackedOctets) return false;
  if (versions_.size() < 2) return false;
  const PolicyVersion& previous = versions_[versions_.size() - 2];
  return pending_->previous == previous.number && !is_running(previous.digest);
}

}  // namespace sallyport
