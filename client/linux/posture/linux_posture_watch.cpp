#include "client/linux/posture/linux_posture_watch.hpp"

#include "client/linux/posture/collectors.hpp"
#include "client/linux/posture/file_watch.hpp"
#include "client/linux/posture/process_watch.hpp"
#include "client/linux/posture/wall_watch.hpp"
#include "common/base/file_descriptor.hpp"
#include "common/base/signal_mask.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// What happens together is told together.
constexpr milliseconds kBatch{5};
/// Between two times that the watches are laid anew, however much happens.
constexpr milliseconds kRelay{100};

/// Where the collectors of what changes while a system runs look.
Looks looks_of(const SystemRoot& root, const std::vector<std::string>& files) {
  Looks looks;
  const auto noting = root.noting(looks);
  Posture ignored;
  collect_system(noting, ignored);
  (void)collect_screen_lock(noting);
  (void)collect_automatic_updates(noting);
  (void)collect_files(noting, files);
  return looks;
}

}  // namespace

/// Between the owner and the thread, which may outlive it.
struct LinuxPostureWatch::Shared {
  FileDescriptor stirred{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  FileDescriptor ordered{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::optional<PostureWants> wants;  ///< unset: rest
  bool has_order = false;
  bool is_over = false;
  Stir stir;

  void tell(bool may_have_changed, const std::string& problem) {
    {
      const std::lock_guard lock{mutex};
      stir.may_have_changed = stir.may_have_changed || may_have_changed;
      if (!problem.empty()) stir.problem = problem;
    }
    ::eventfd_write(stirred.get(), 1);
  }
};

/// Lives on the thread.
class LinuxPostureWatch::Watcher {
 public:
  Watcher(SystemRoot root, std::shared_ptr<Shared> shared)
      : root_{std::move(root)}, shared_{std::move(shared)}, files_{root_}, processes_{root_} {}

  void run() {
    while (!is_over_) turn();
  }

 private:
  void turn() {
    std::array<pollfd, 3> wake{
        {{shared_->ordered.get(), POLLIN, 0}, {files_.fd(), POLLIN, 0}, {walls_.fd(), POLLIN, 0}}};
    (void)::poll(wake.data(), wake.size(), patience());
    if ((wake[0].revents & POLLIN) != 0) take_order();
    if (is_over_ || !wants_) return;
    if (wake[1].revents != 0 || wake[2].revents != 0) std::this_thread::sleep_for(kBatch);
    const bool by_file = files_.take();
    const bool by_wall = walls_.take();
    const bool by_process = look_at_processes();
    // A new folder on the way is watched before anybody looks.
    if (by_file) lay();
    if (by_file || by_wall || by_process) shared_->tell(true, {});
  }

  [[nodiscard]] int patience() const {
    if (!wants_ || processes_.is_resting()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(process_look_ - steady_clock::now());
    return static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
  }

  [[nodiscard]] bool look_at_processes() {
    if (processes_.is_resting() || steady_clock::now() < process_look_) return false;
    process_look_ = steady_clock::now() + kProcessGap;
    return processes_.look();
  }

  void take_order() {
    eventfd_t count = 0;
    (void)::eventfd_read(shared_->ordered.get(), &count);
    {
      const std::lock_guard lock{shared_->mutex};
      is_over_ = shared_->is_over;
      if (is_over_ || !std::exchange(shared_->has_order, false)) return;
      wants_ = shared_->wants;
    }
    if (!wants_) return rest();
    processes_.follow(wants_->processes);
    const auto problem = walls_.follow();
    lay();
    // What happened before the watches were there.
    shared_->tell(true, problem);
  }

  void rest() {
    files_.rest();
    walls_.rest();
    processes_.follow({});
  }

  void lay() {
    std::this_thread::sleep_until(laid_ + kRelay);
    laid_ = steady_clock::now();
    const auto problem = files_.follow(looks_of(root_, wants_->files));
    if (problem != std::exchange(file_problem_, problem) && !problem.empty()) shared_->tell(false, problem);
  }

  SystemRoot root_;
  std::shared_ptr<Shared> shared_;
  FileWatch files_;
  WallWatch walls_;
  ProcessWatch processes_;
  std::optional<PostureWants> wants_;
  std::string file_problem_;
  steady_clock::time_point process_look_{};
  steady_clock::time_point laid_{};
  bool is_over_ = false;
};

LinuxPostureWatch::LinuxPostureWatch(SystemRoot root) : root_{std::move(root)}, shared_{std::make_shared<Shared>()} {}

LinuxPostureWatch::~LinuxPostureWatch() {
  const std::lock_guard lock{shared_->mutex};
  shared_->is_over = true;
  ::eventfd_write(shared_->ordered.get(), 1);
}

int LinuxPostureWatch::fd() const noexcept { return shared_->stirred.get(); }

PostureWatch::Stir LinuxPostureWatch::take() {
  eventfd_t count = 0;
  (void)::eventfd_read(shared_->stirred.get(), &count);
  const std::lock_guard lock{shared_->mutex};
  return std::exchange(shared_->stir, {});
}

void LinuxPostureWatch::follow(const PostureWants& wants) {
  order(wants);
  if (std::exchange(has_begun_, true)) return;
  try {
    std::thread{[root = root_, shared = shared_] {
      const SignalsBlocked blocked;
      Watcher{root, shared}.run();
    }}.detach();
  } catch (const std::system_error& error) {
    shared_->tell(false, std::string{"nothing is watched: "} + error.what());
  }
}

void LinuxPostureWatch::rest() {
  if (has_begun_) order(std::nullopt);
}

void LinuxPostureWatch::order(std::optional<PostureWants> wants) {
  {
    const std::lock_guard lock{shared_->mutex};
    shared_->wants = std::move(wants);
    shared_->has_order = true;
  }
  ::eventfd_write(shared_->ordered.get(), 1);
}

}  // namespace sallyport
