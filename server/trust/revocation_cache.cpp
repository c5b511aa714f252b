#include "server/trust/revocation_cache.hpp"

#include "common/base/hex.hpp"
#include "common/pki/pem.hpp"

#include <unistd.h>

namespace sallyport {
namespace {

constexpr mode_t kMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
/// PEM takes a third more than the list itself.
constexpr std::size_t kMaxCached = 2 * kMaxRevocationList;

std::string path_of(const std::string& directory, const std::string& id) { return directory + '/' + id + ".crl"; }

}  // namespace

std::vector<OfferedList> read_cached_lists(const std::string& directory,
                                           const std::vector<CertificateInfo>& authorities) {
  std::vector<OfferedList> lists;
  for (const auto& authority : authorities) {
    const auto id = authority.key.key_id();
    if (!id) continue;
    const auto path = path_of(directory, to_hex(*id));
    if (::access(path.c_str(), F_OK) != 0) continue;
    auto content = read_file(path, kMaxCached);
    if (content)
      lists.push_back({path, std::move(*content)});
    else
      lists.push_back({path, {}, content.error().message});
  }
  return lists;
}

Result<void, FileError> cache_lists(const std::string& directory, const TrustBundle& bundle) {
  const auto& lists = bundle.revocation_lists();
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto& signer = bundle.signer_of(i);
    if (bundle.rules_of(signer).is_own()) continue;
    const auto path = path_of(directory, bundle.id_of(signer));
    const auto pem = to_pem("X509 CRL", lists[i].der());
    if (const auto present = read_file(path, kMaxCached); present && *present == pem) continue;
    if (auto made = make_directories(directory, kDirectoryMode); !made) return made;
    if (auto written = write_file_atomically(path, pem, kMode); !written) return written;
  }
  return {};
}

}  // namespace sallyport
