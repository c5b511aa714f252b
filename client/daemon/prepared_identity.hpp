#pragma once

#include "client/daemon/identity.hpp"
#include "common/tls/engine.hpp"

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What of a file would make another identity of it, or one that may not be used.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t node = 0;  ///< 0: there is none
  mode_t mode = 0;
  uid_t owner = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds since the epoch
  std::int64_t changed = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// An identity that was read and checked while nobody waited for it, and a TLS engine of it with its hello written, for
/// the one connection that comes next. They count only as long as reading anew would give the same: any doubt, and
/// there are none.
class PreparedIdentity {
 public:
  /// Reads the identity of `profile`. Where that fails there is none: the reason is told to who wants to connect.
  void prepare(const Profile& profile, Tokens& tokens, WallTime now);
  /// The identity, once; nullopt: load_identity() has to be asked.
  [[nodiscard]] std::optional<ClientIdentity> take(const Profile& profile, WallTime now);
  /// The engine of the identity that take() gave, once, for a connection to that gateway; null: there is none.
  [[nodiscard]] std::unique_ptr<Engine> take_engine(const std::string& server_name, WallTime now);
  /// No copy of the key stays in memory.
  void forget() noexcept {
    prepared_.reset();
    taken_.reset();
  }

 private:
  struct Prepared {
    DeviceFiles files;
    std::vector<FileStamp> stamps;
    ClientIdentity identity;
    std::unique_ptr<Engine> engine;  ///< may be null
    std::string server_name;
  };
  std::optional<Prepared> prepared_;
  std::unique_ptr<Engine> taken_;  ///< of the identity that was taken
  std::string taken_for_;          ///< the gateway's name that it asks for
};

}  // namespace sallyport
