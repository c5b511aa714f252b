#pragma once

#include "client/linux/posture/system_root.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Notices that a process of one of some names came or went, by looks that cost little: the list of processes is read,
/// and of them only those that are new, those that count and a few others in turn. One that takes such a name long
/// after it started is noticed within some looks.
class ProcessWatch {
 public:
  /// `root` outlives this.
  explicit ProcessWatch(const SystemRoot& root) noexcept : root_{root} {}

  void follow(std::vector<std::string> names);
  [[nodiscard]] bool is_resting() const noexcept { return names_.empty(); }
  /// Whether something that matters happened since the last look.
  [[nodiscard]] bool look();

 private:
  struct Seen {
    std::string name;     ///< that the kernel keeps, its program, and whether it has ended
    bool counts = false;  ///< it may be one of those
    unsigned looks = 0;   ///< at it
    unsigned listed = 0;  ///< the turn in which it was there
  };
  [[nodiscard]] Seen seen(const std::string& process) const;
  [[nodiscard]] bool is_wanted(std::string_view comm, std::string_view program) const;
  [[nodiscard]] bool look_at(const std::string& number, std::size_t place);
  [[nodiscard]] bool drop_the_gone();

  const SystemRoot& root_;
  std::vector<std::string> names_;
  std::map<std::string, Seen, std::less<>> processes_;  ///< by number
  unsigned turn_ = 0;
};

}  // namespace sallyport
