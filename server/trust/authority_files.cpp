#include "server/trust/authority_files.hpp"

#include "server/trust/list_files.hpp"
#include "server/trust/revocation_cache.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace sallyport {
namespace {

constexpr std::size_t kMaxCertificateFile = 1U << 20U;

auto at(const std::string& file, std::string message, std::string hint = {}) {
  return fail(Diagnostics{Diagnostic{.file = file, .message = std::move(message), .hint = std::move(hint)}});
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool ends_so(const std::string& name, const std::vector<std::string_view>& endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&name](std::string_view ending) { return name.ends_with(ending); });
}

/// Whoever may write an anchor says who is let in: the file and the directory it was found in must be ours alone.
Result<std::string, Diagnostics> read_certificates(const std::string& place) {
  constexpr const char* kHint =
      "name the PEM file of the authority that signs devices, or a directory of *.pem and *.crt";
  auto files = files_at(place, {".pem", ".crt"});
  if (!files) return at(place, files.error().message, kHint);
  if (files->empty()) return at(place, "has no *.pem or *.crt", kHint);
  if (is_directory(place)) {
    if (auto trusted = require_trusted_path(place); !trusted) return at(place, trusted.error().message);
  }
  std::string all;
  for (const auto& file : *files) {
    if (auto trusted = require_trusted_path(file); !trusted) return at(file, trusted.error().message);
    auto text = read_file(file, kMaxCertificateFile);
    if (!text) return at(file, text.error().message);
    if (auto parsed = parse_certificates(*text); !parsed) return at(file, parsed.error().words, kHint);
    all += *text + '\n';
  }
  return all;
}

void add_lists(const AuthoritySettings& settings, std::vector<OfferedList>& lists) {
  for (const auto& source : settings.crl) {
    if (is_url(source)) continue;
    auto found = read_list_files(source, settings.crl_max_size);
    if (!found) {
      lists.push_back({source, {}, found.error().message, source});
      continue;
    }
    std::move(found->begin(), found->end(), std::back_inserter(lists));
  }
}

}  // namespace

Result<std::vector<std::string>, FileError> files_at(const std::string& path,
                                                     const std::vector<std::string_view>& endings) {
  if (!is_directory(path)) return std::vector{path};
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator each{path, error}, end; !error && each != end; each.increment(error)) {
    if (!ends_so(each->path().filename().string(), endings)) continue;
    if (files.size() >= kMaxFilesInDirectory) return fail(FileError{path, "holds more than 64 files"});
    files.push_back(each->path().string());
  }
  if (error) return fail(FileError{path, "cannot be read: " + error.message()});
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<OfferedList>, FileError> read_list_files(const std::string& path, std::size_t max_size) {
  const auto files = files_at(path, {".crl", ".pem", ".der"});
  if (!files) return fail(files.error());
  std::vector<OfferedList> lists;
  for (const auto& file : *files) {
    auto content = read_file(file, max_size);
    if (content) {
      lists.push_back({file, std::move(*content), {}, path});
      continue;
    }
    // In a directory one file spoils no other.
    if (file == path) return fail(content.error());
    lists.push_back({file, {}, content.error().message, path});
  }
  return lists;
}

Result<ForeignAuthority, Diagnostics> read_authority(const AuthoritySettings& settings,
                                                     const std::string& cache_directory) {
  auto certificates = read_certificates(settings.certificates);
  if (!certificates) return fail(certificates.error());
  ForeignAuthority authority{settings.rules, std::move(*certificates), {}, settings.crl};
  const auto parsed = parse_certificates(authority.certificates_pem);
  if (!parsed) return at(settings.certificates, parsed.error().words);
  authority.lists = read_cached_lists(cache_directory, *parsed);
  add_lists(settings, authority.lists);
  return authority;
}

}  // namespace sallyport
