#include "server/policy/service_cells.hpp"

#include <algorithm>
#include <queue>

namespace sallyport {
namespace {

/// A claim and the last service it covers.
struct OpenClaim {
  Claim claim;
  ServiceKey last = 0;
};
struct WorseFirst {
  bool operator()(const OpenClaim& a, const OpenClaim& b) const noexcept { return b.claim.is_better_than(a.claim); }
};

/// The claims of one kind that cover the current service; ended ones leave when they reach the top.
class OpenClaims {
 public:
  void add(const Claim& claim, ServiceKey last) {
    if (claim.rule != kNoRule) claims_.push(OpenClaim{claim, last});
  }
  [[nodiscard]] Claim best_at(ServiceKey key) {
    while (!claims_.empty() && claims_.top().last < key) claims_.pop();
    return claims_.empty() ? Claim{} : claims_.top().claim;
  }

 private:
  std::priority_queue<OpenClaim, std::vector<OpenClaim>, WorseFirst> claims_;
};

bool same_claim(const Claim& a, const Claim& b) { return a.rule == b.rule && a.until == b.until; }

void append_cell(std::vector<ServiceCell>& cells, const ServiceCell& cell) {
  if (cell.allow.rule == kNoRule && cell.deny.rule == kNoRule) return;
  if (!cells.empty() && cells.back().range.last + 1 == cell.range.first && same_claim(cells.back().allow, cell.allow) &&
      same_claim(cells.back().deny, cell.deny)) {
    cells.back().range.last = cell.range.last;
    return;
  }
  cells.push_back(cell);
}

/// Every service at which some claim begins or has just ended.
std::vector<ServiceKey> boundaries_of(const std::vector<ServiceCell>& claims) {
  std::vector<ServiceKey> keys;
  keys.reserve(claims.size() * 2);
  for (const auto& claim : claims) {
    keys.push_back(claim.range.first);
    keys.push_back(claim.range.last + 1);  // no range ends at the largest number: protocols take eight bits
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

std::vector<ServiceCell> make_disjoint(std::vector<ServiceCell> claims) {
  std::sort(claims.begin(), claims.end(),
            [](const ServiceCell& a, const ServiceCell& b) { return a.range.first < b.range.first; });
  const auto keys = boundaries_of(claims);
  OpenClaims allow;
  OpenClaims deny;
  std::vector<ServiceCell> cells;
  std::size_t next = 0;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    for (; next < claims.size() && claims[next].range.first == keys[i]; ++next) {
      allow.add(claims[next].allow, claims[next].range.last);
      deny.add(claims[next].deny, claims[next].range.last);
    }
    append_cell(cells, ServiceCell{{keys[i], keys[i + 1] - 1}, allow.best_at(keys[i]), deny.best_at(keys[i])});
  }
  return cells;
}

}  // namespace sallyport
