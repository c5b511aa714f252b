#include "server/audit/audit_syncer.hpp"

#include "server/audit/audit_log.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

/// The head last: what it signs is there by then. The problem, or nothing.
std::string bring_to_disk(int file, const AuditPlaces& places, const std::string& head) {
  if (::fdatasync(file) != 0) return std::string{"the audit file does not reach the disk: "} + std::strerror(errno);
  const auto kept = write_head_file(places.head, head, places.file);
  return kept ? std::string{} : to_string(kept.error());
}

}  // namespace

AuditSyncer::AuditSyncer(AuditPlaces places) : places_{std::move(places)}, thread_{[this] { run(); }} {}

AuditSyncer::~AuditSyncer() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void AuditSyncer::sync(FileDescriptor file, std::string head, TimePoint now) {
  {
    const std::lock_guard lock{mutex_};
    wish_ = Wish{std::move(file), std::move(head), now};
    if (!waiting_since_) waiting_since_ = now;
  }
  changed_.notify_one();
}

AuditSyncer::State AuditSyncer::state() const {
  const std::lock_guard lock{mutex_};
  return {problem_, waiting_since_};
}

void AuditSyncer::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [this] { return wish_ || is_ending_; });
    if (!wish_) return;
    const Wish wish = *std::exchange(wish_, std::nullopt);
    lock.unlock();
    auto problem = bring_to_disk(wish.file.get(), places_, wish.head);
    lock.lock();
    problem_ = std::move(problem);
    waiting_since_ = wish_ ? std::optional{wish_->since} : std::nullopt;
  }
}

}  // namespace sallyport
