#include "server/history/policy_record.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

constexpr std::array kActivations{Activation::Start, Activation::Reload, Activation::Apply, Activation::Revert,
                                  Activation::Rollback};

}  // namespace

std::string_view name_of(Activation how) noexcept {
  switch (how) {
    case Activation::Start:
      return "start";
    case Activation::Reload:
      return "reload";
    case Activation::Apply:
      return "apply";
    case Activation::Revert:
      return "revert";
    case Activation::Rollback:
      return "rollback";
  }
  return "unknown";
}

std::optional<Activation> parse_activation(std::string_view name) noexcept {
  for (const auto how : kActivations) {
    if (name_of(how) == name) return how;
  }
  return std::nullopt;
}

const PolicyVersion* PolicyRecord::find(VersionNumber number) const noexcept {
  const auto found = std::find_if(versions_.begin(), versions_.end(),
                                  [number](const PolicyVersion& each) { return each.number == number; });
  return found == versions_.end() ? nullptr : &*found;
}

bool PolicyRecord::is_held(const PolicyDigest& digest) const noexcept {
  return std::binary_search(held_.begin(), held_.end(), digest);
}

bool PolicyRecord::is_running(const PolicyDigest& digest) const noexcept {
  return running() != nullptr && running()->digest == digest;
}

bool PolicyRecord::needs(const PolicyDigest& digest) const noexcept {
  return std::any_of(versions_.begin(), versions_.end(),
                     [&digest](const PolicyVersion& each) { return each.digest == digest; });
}

void PolicyRecord::take(PolicyVersion found) {
  end_holds(found);
  pending_.reset();
  if (is_running(found.digest)) return;
  found.restores.reset();
  append(std::move(found));
}

void PolicyRecord::try_out(PolicyVersion found, WallTime until) {
  const VersionNumber previous = running()->number;
  end_holds(found);
  found.restores.reset();
  pending_ = PendingConfirmation{previous, until};
  append(std::move(found));
}

void PolicyRecord::restore(VersionNumber target, Activation how, std::string hash, std::string by, WallTime now) {
  PolicyVersion back = *find(target);
  const PolicyDigest rejected = running()->digest;
  back.restores = back.restores.value_or(target);
  back.time = now;
  back.how = how;
  back.hash = std::move(hash);
  back.by = std::move(by);
  std::erase(held_, back.digest);
  pending_.reset();
  append(std::move(back));
  hold(rejected);
}

std::optional<VersionNumber> PolicyRecord::rollback_target() const noexcept {
  if (pending_) return pending_->previous;
  if (running() == nullptr) return std::nullopt;
  const VersionNumber origin = running()->restores.value_or(running()->number);
  const auto found = std::find_if(versions_.rbegin(), versions_.rend(), [&](const PolicyVersion& each) {
    return each.number < origin && !is_running(each.digest) && !went_before(each, Activation::Revert);
  });
  return found == versions_.rend() ? std::nullopt : std::optional{found->number};
}

std::vector<VersionNumber> PolicyRecord::fallbacks(VersionNumber than) const {
  std::vector<VersionNumber> found;
  for (auto each = versions_.rbegin(); each != versions_.rend(); ++each) {
    const bool is_rejected = is_held(each->digest) || is_running(each->digest) ||
                             went_before(*each, Activation::Revert) || went_before(*each, Activation::Rollback);
    if (each->number < than && !is_rejected) found.push_back(each->number);
  }
  return found;
}

bool PolicyRecord::went_before(const PolicyVersion& version, Activation how) const noexcept {
  const auto next = std::find_if(versions_.begin(), versions_.end(),
                                 [&](const PolicyVersion& each) { return each.number > version.number; });
  return next != versions_.end() && next->how == how;
}

/// No files at all show nothing of a will to use others: the directory may not be mounted yet.
void PolicyRecord::end_holds(const PolicyVersion& found) {
  if (found.size != kEmptyPackedOctets)
    held_.clear();
  else
    std::erase(held_, found.digest);
}

void PolicyRecord::append(PolicyVersion version) {
  const auto last = versions_.empty() ? std::uint64_t{0} : static_cast<std::uint64_t>(versions_.back().number);
  version.number = VersionNumber{last + 1};
  versions_.push_back(std::move(version));
  prune();
}

void PolicyRecord::hold(const PolicyDigest& digest) {
  const auto place = std::lower_bound(held_.begin(), held_.end(), digest);
  if (place == held_.end() || *place != digest) held_.insert(place, digest);
}

std::size_t PolicyRecord::kept_octets() const {
  std::size_t total = 0;
  for (auto each = versions_.begin(); each != versions_.end(); ++each) {
    const bool again = std::any_of(versions_.begin(), each,
                                   [&each](const PolicyVersion& older) { return older.digest == each->digest; });
    if (!again) total += each->size;
  }
  return total;
}

/// The running version is the last, and what a trial goes back to is the one before it: neither is ever the oldest.
void PolicyRecord::prune() {
  while (versions_.size() > 2 && (versions_.size() > kMaxPolicyVersions || kept_octets() > kMaxPolicyHistory)) {
    versions_.erase(versions_.begin());
  }
}

}  // namespace sallyport
