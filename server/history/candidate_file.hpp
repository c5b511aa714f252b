#pragma once

#include "common/base/file.hpp"
#include "server/history/packed_policy.hpp"

#include <string>
#include <vector>

namespace sallyport {

/// A policy handed to the running gateway to be judged, not to be put in force: one packed file in its runtime
/// directory, named in the request. It goes with this object.
///
/// No path crosses the admin socket. What an administrator calls /home/ana/policy or /tmp/policy is another place, or
/// none, to a service with a private /tmp and without /home, and its user may not read an administrator's files. One
/// fresh file of the gateway's own user, opened without following links, leaves nothing to swap.
class CandidateFile {
 public:
  /// Run by root, the file belongs to whom `state` belongs to: `runtime` may be another service's, too.
  [[nodiscard]] static Result<CandidateFile, FileError> write(const std::string& runtime, const std::string& state,
                                                              const PackedPolicy& policy);
  ~CandidateFile();
  CandidateFile(CandidateFile&& other) noexcept;
  CandidateFile& operator=(CandidateFile&&) = delete;

  /// Without directory.
  [[nodiscard]] std::string name() const;

 private:
  explicit CandidateFile(std::string path) noexcept : path_{std::move(path)} {}
  std::string path_;  ///< empty: moved from
};

/// On the gateway's side: what `name` in `runtime` holds. The file is gone afterwards. The error is one line.
[[nodiscard]] Result<std::vector<PolicyFile>, std::string> take_candidate(const std::string& runtime,
                                                                          const std::string& name);

}  // namespace sallyport
