#include "server/audit/audit_syncer.hpp"

#include "server/audit/audit_log.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sallyport {

AuditSyncer::AuditSyncer(std::string head_path) : head_path_{std::move(head_path)}, thread_{[this] { run(); }} {}

AuditSyncer::~AuditSyncer() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void AuditSyncer::sync(FileDescriptor file, std::string head) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock{mutex_};
    wish_ = Wish{std::move(file), std::move(head), now};
    if (!waiting_since_) waiting_since_ = now;
  }
  changed_.notify_one();
}

AuditSyncer::State AuditSyncer::state() const {
  const std::lock_guard lock{mutex_};
  return {error_, waiting_since_};
}

void AuditSyncer::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [this] { return wish_ || is_ending_; });
    if (!wish_) return;
    const Wish wish = *std::exchange(wish_, std::nullopt);
    lock.unlock();
    const int synced = ::fdatasync(wish.file.get()) == 0 ? 0 : errno;
    const bool is_kept = synced == 0 && write_head_file(head_path_, wish.head).has_value();
    lock.lock();
    error_ = synced != 0 ? synced : is_kept ? 0 : EIO;
    waiting_since_ = wish_ ? std::optional{wish_->since} : std::nullopt;
  }
}

}  // namespace sallyport
