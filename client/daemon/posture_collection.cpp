#include "client/daemon/posture_collection.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/signal_mask.hpp"
#include "common/base/turns.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

constexpr int kNiceness = 5;

}  // namespace

struct PostureCollection::Job {
  FileDescriptor done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  Posture found;
  bool has_system = false;  ///< all but the files is in `found`
  bool has_ended = false;

  [[nodiscard]] bool ended() {
    const std::lock_guard lock{mutex};
    return has_ended;
  }
  [[nodiscard]] bool passed_system() {
    const std::lock_guard lock{mutex};
    return has_system;
  }
  void run(const PostureSource& source, const PostureWants& wants) {
    auto posture = source.collect(wants.processes);
    for (const auto& file : wants.files) posture.files.emplace(file, std::nullopt);
    {
      const std::lock_guard lock{mutex};
      found = std::move(posture);
      has_system = true;
    }
    auto files = source.look_for(wants.files);
    const std::lock_guard lock{mutex};
    found.files = std::move(files);
    has_ended = true;
    ::eventfd_write(done.get(), 1);
  }
};

PostureCollection::PostureCollection(Loop& loop, std::shared_ptr<const PostureSource> source, Pace pace)
    : loop_{loop}, source_{std::move(source)}, pace_{pace}, timer_{loop, [this] { on_timer(); }} {}

PostureCollection::~PostureCollection() { cancel(); }

void PostureCollection::start(PostureWants wants, Callback on_done, Duration wait) {
  wants_ = std::move(wants);
  on_done_ = std::move(on_done);
  is_due_ = true;
  // One at work is let end: what it finds is older than this call.
  if (job_) return;
  timer_.arm_at(std::max(full_at_ - pace_.gap * (pace_.at_once - 1), loop_.now().steady + wait));
}

void PostureCollection::cancel() noexcept {
  on_done_ = {};
  is_due_ = false;
  if (!job_) timer_.cancel();
}

void PostureCollection::begin() {
  is_due_ = false;
  full_at_ = std::max(full_at_, loop_.now().steady) + pace_.gap;
  job_ = std::make_shared<Job>();
  auto poll = Poll::watch(loop_, job_->done.get(), [this](bool, bool) { deliver(); });
  std::erase_if(stuck_, [](const auto& job) { return job->ended(); });
  const bool hopeless =
      std::any_of(stuck_.begin(), stuck_.end(), [](const auto& job) { return !job->passed_system(); });
  // Without a descriptor, a thread or an answer of the one before, everything is unknown.
  if (!poll || hopeless) return deliver();
  poll_.emplace(std::move(*poll));
  poll_->set_interest(true, false);
  timer_.arm(kPatience);
  auto wants = wants_;
  if (!stuck_.empty()) wants.files.clear();
  try {
    std::thread{[job = job_, source = source_, wants = std::move(wants)] {
      const SignalsBlocked blocked;
      // Of this thread alone (sched(7)), and of the programs that it starts: packets go first.
      take_turns(Turns::Usual);
      (void)!::nice(kNiceness);
      job->run(*source, wants);
    }}.detach();
  } catch (const std::system_error&) {
    deliver();
  }
}

void PostureCollection::on_timer() {
  if (job_) {
    stuck_.push_back(job_);
    return deliver();
  }
  if (is_due_) begin();
}

/// The job has ended, or is given up on.
void PostureCollection::deliver() {
  timer_.cancel();
  poll_.reset();
  const auto job = std::exchange(job_, nullptr);
  Posture posture;
  {
    const std::lock_guard lock{job->mutex};
    posture = job->found;
  }
  for (const auto& process : wants_.processes) posture.processes.emplace(process, std::nullopt);
  for (const auto& file : wants_.files) posture.files.emplace(file, std::nullopt);
  if (is_due_) return start(std::move(wants_), std::move(on_done_));
  if (const auto callback = std::exchange(on_done_, {})) callback(std::move(posture));
}

}  // namespace sallyport
