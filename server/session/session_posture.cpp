#include "server/policy/posture_needs.hpp"
#include "server/session/session.hpp"

#include <utility>

namespace sallyport {
namespace {

/// In one record; a policy with more in one person's reach is none that people write.
constexpr std::size_t kMaxChanges = 64;

}  // namespace

void Session::note_posture(Now now, ByteBuffer& out) {
  note_verdicts(now);
  auto standing = posture_standing(*policy_, evidence_, now.wall);
  if (told_standing_ == standing) return;
  append_posture_standing(out, standing);
  told_standing_ = std::move(standing);
}

void Session::note_verdicts(Now now) {
  auto verdicts = posture_verdicts(*policy_, *rights_, evidence_, now.wall);
  PostureChanged changed;
  for (const auto& [check, state] : verdicts) {
    const auto before = posture_.find(check);
    const auto was = before == posture_.end() ? PostureState::Unknown : before->second;
    if (was != state && changed.checks.size() < kMaxChanges) changed.checks.emplace_back(check, state);
  }
  posture_ = std::move(verdicts);
  if (!changed.checks.empty()) events_.push_back(std::move(changed));
}

}  // namespace sallyport
