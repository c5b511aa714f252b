#pragma once

#include "common/wire/posture_wants.hpp"

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace sallyport {

/// Remembers what gateways have asked about by name, so that none finds out what is on this laptop by asking about
/// ever other names. An honest policy has at most kMaxPostureWants of them and changes now and then.
class AskedNames {
 public:
  /// For as long as this lives.
  static constexpr std::size_t kMost = 4 * kMaxPostureWants;

  struct Admitted {
    PostureWants wants;              ///< what may be answered
    std::vector<std::string> fresh;  ///< asked for the first time: "process NAME", "file PATH"
    std::size_t refused = 0;         ///< names that are one too many; they stay unknown
    bool is_first_refusal = false;   ///< worth a word: there was none before
  };
  [[nodiscard]] Admitted admit(const PostureWants& wants);

 private:
  void admit(const char* kind, const std::vector<std::string>& names, std::vector<std::string>& good, Admitted& out);

  std::set<std::string, std::less<>> known_;
  bool has_refused_ = false;
};

}  // namespace sallyport
