#pragma once

#include "server/trust/unread_record.hpp"

#include <string>

namespace sallyport {

/// Has on the disk what cannot be read of revocation lists. What only the memory knows a restart forgets, and the list
/// of before would count with its date again: so what could not be written is written as soon as that can be.
class UnreadKeeper {
 public:
  Result<void, FileError> keep(const std::string& directory, const TrustBundle& bundle) {
    auto stored = store_unread(directory, bundle);
    is_behind_ = !stored;
    return stored;
  }
  /// The last attempt failed: keep() again, with what counts then.
  [[nodiscard]] bool is_behind() const noexcept { return is_behind_; }

 private:
  bool is_behind_ = false;
};

}  // namespace sallyport
