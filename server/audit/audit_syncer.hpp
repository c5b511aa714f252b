#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/time.hpp"
#include "server/audit/audit_files.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace sallyport {

/// A thread that brings the audit file to the disk, and then the head that signs it: nobody else waits for a slow disk.
class AuditSyncer {
 public:
  explicit AuditSyncer(AuditPlaces places);
  /// Waits for what is under way.
  ~AuditSyncer();
  AuditSyncer(const AuditSyncer&) = delete;
  AuditSyncer& operator=(const AuditSyncer&) = delete;

  /// Takes the place of a wish that waits. `now` is what `waiting_since` will say.
  void sync(FileDescriptor file, std::string head, TimePoint now);

  struct State {
    std::string problem;                       ///< of the last attempt; empty: it went well
    std::optional<TimePoint> waiting_since{};  ///< something asked for then is not on disk yet
  };
  [[nodiscard]] State state() const;

 private:
  struct Wish {
    FileDescriptor file;
    std::string head;
    TimePoint since;
  };
  void run();

  const AuditPlaces places_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Wish> wish_;
  std::optional<TimePoint> waiting_since_;
  std::string problem_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace sallyport
