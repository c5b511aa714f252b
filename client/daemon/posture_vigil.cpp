#include "client/daemon/posture_vigil.hpp"

#include <utility>

namespace sallyport {
namespace {

/// PostureNews says when.
constexpr PostureCollection::Pace kAsOftenAsDue{.gap = Duration::zero(), .at_once = 1};

}  // namespace

PostureVigil::PostureVigil(Loop& loop, Log& log, std::shared_ptr<const PostureSource> source,
                           std::function<void()> tell)
    : loop_{loop},
      log_{log},
      source_{std::move(source)},
      tell_{std::move(tell)},
      looks_{loop, source_, kAsOftenAsDue},
      timer_{loop, [this] { look(); }} {}

void PostureVigil::note_report(const PostureWants& wants, std::string body) {
  news_.note_report(std::move(body), loop_.now().steady);
  if (!watch_) begin();
  if (watch_ && wants_ != wants) watch_->follow(wants);
  wants_ = wants;
  arm();
}

void PostureVigil::begin() {
  watch_ = source_->watch();
  if (!watch_) return;
  auto poll = Poll::watch(loop_, watch_->fd(), [this](bool, bool) { on_stir(); });
  if (!poll) return watch_.reset();
  poll_.emplace(std::move(*poll));
  poll_->set_interest(true, false);
}

void PostureVigil::rest() {
  news_.forget();
  looks_.cancel();
  timer_.cancel();
  if (watch_ && wants_) watch_->rest();
  wants_.reset();
}

void PostureVigil::on_stir() {
  const auto stir = watch_->take();
  if (!stir.problem.empty()) {
    log_.event(Level::Notice, "posture.unwatched",
               stir.problem + "; what changes there is found when the gateway asks");
  }
  if (!stir.may_have_changed || !wants_) return;
  news_.stir(loop_.now().steady);
  arm();
}

void PostureVigil::arm() {
  if (const auto due = news_.look_due()) timer_.arm_at(*due);
}

void PostureVigil::look() {
  if (!wants_) return;
  news_.begin_look(loop_.now().steady);
  looks_.start(*wants_, [this](const Posture& posture) {
    const bool is_news = news_.end_look(posture_body(posture));
    arm();
    if (is_news) tell_();
  });
}

}  // namespace sallyport
