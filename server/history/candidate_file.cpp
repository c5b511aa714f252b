#include "server/history/candidate_file.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/base/write_all.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

constexpr std::string_view kPrefix = "policy-candidate.";

FileError failed(const std::string& path, const char* what) {
  return FileError{path, std::string{what} + ": " + std::strerror(errno)};
}

bool is_candidate_name(std::string_view name) noexcept {
  return name.starts_with(kPrefix) && name.size() < 64 && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

/// By descriptor: the directory is the other user's, and a name in it may become anything meanwhile.
bool give_to_owner_of(const std::string& directory, int fd) noexcept {
  struct stat status {};
  // Without one the file stays this user's, and a gateway of another refuses it.
  if (::geteuid() != 0 || ::stat(directory.c_str(), &status) != 0) return true;
  return ::fchown(fd, status.st_uid, status.st_gid) == 0;
}

}  // namespace

Result<CandidateFile, FileError> CandidateFile::write(const std::string& runtime, const std::string& state,
                                                      const PackedPolicy& policy) {
  std::string path = runtime + '/' + std::string{kPrefix} + "XXXXXX";
  const FileDescriptor fd{::mkostemp(path.data(), O_CLOEXEC)};  // mode 0600
  if (!fd) return fail(failed(path, "cannot be made"));
  CandidateFile file{path};
  if (!write_all(fd.get(), policy.octets) || !give_to_owner_of(state, fd.get()))
    return fail(failed(path, "cannot be written"));
  return file;
}

CandidateFile::CandidateFile(CandidateFile&& other) noexcept : path_{std::exchange(other.path_, {})} {}

CandidateFile::~CandidateFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string CandidateFile::name() const { return path_.substr(path_.find_last_of('/') + 1); }

Result<std::vector<PolicyFile>, std::string> take_candidate(const std::string& runtime, const std::string& name) {
  if (!is_candidate_name(name)) return fail(std::string{"there is no such candidate"});
  const std::string path = runtime + '/' + name;
  const auto octets = read_secret_file(path, kMaxPackedOctets);
  ::unlink(path.c_str());
  if (!octets) return fail(to_string(octets.error()));
  return unpack_policy(*octets);
}

}  // namespace sallyport
