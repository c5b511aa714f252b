#include "client/posture/posture_news.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

void PostureNews::stir(TimePoint now) {
  if (!reported_ || due_) return;
  due_ = std::max(now, last_look_ + gap_);
}

void PostureNews::begin_look(TimePoint now) {
  due_.reset();
  if (now - last_look_ > kCalm) gap_ = kShortestGap;
  last_look_ = now;
  is_looking_ = true;
}

bool PostureNews::end_look(const std::string& body) {
  if (!std::exchange(is_looking_, false) || !reported_) return false;
  const bool is_news = body != *reported_;
  gap_ = is_news ? kShortestGap : std::min(gap_ * 2, kLongestGap);
  if (!is_news) return false;
  if (std::exchange(is_told_, true)) {
    may_be_later_ = true;
    return false;
  }
  return true;
}

void PostureNews::note_report(std::string body, TimePoint now) {
  reported_ = std::move(body);
  is_told_ = false;
  if (std::exchange(may_be_later_, false)) stir(now);
}

}  // namespace sallyport
