#include "server/history/packed_policy.hpp"

#include "common/base/hex.hpp"
#include "common/base/text.hpp"
#include "common/pki/sha256.hpp"

#include <algorithm>
#include <optional>

namespace sallyport {
namespace {

constexpr std::string_view kHeading = "sallyport-policy-files 1\n";
static_assert(kHeading.size() == kEmptyPackedOctets);
constexpr std::size_t kMaxFileName = 255;
constexpr const char* kDamaged = "the kept policy files are damaged";

bool is_policy_file_name(std::string_view name) noexcept {
  return name.size() <= kMaxFileName && name.ends_with(".toml") && !name.starts_with('.') &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

std::string base_name(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

void append_file(std::string& octets, const PolicyFile& file) {
  octets += std::to_string(file.name.size()) + ' ' + std::to_string(file.text.size()) + '\n';
  octets += file.name + '\n' + file.text + '\n';
}

/// Takes one piece of text after the other off the front; nullopt where the text does not go on as it must.
class Cutter {
 public:
  explicit Cutter(std::string_view text) noexcept : rest_{text} {}

  std::optional<std::size_t> number(char end, std::size_t most) {
    const auto stop = rest_.find(end);
    if (stop == std::string_view::npos) return std::nullopt;
    const auto value = parse_decimal(rest_.substr(0, stop), static_cast<unsigned>(most));
    rest_.remove_prefix(stop + 1);
    return value;
  }
  /// `size` octets and the line end behind them.
  std::optional<std::string_view> piece(std::size_t size) {
    if (rest_.size() <= size || rest_[size] != '\n') return std::nullopt;
    const auto found = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return found;
  }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<PolicyFile> cut_file(Cutter& cutter) {
  const auto name_size = cutter.number(' ', kMaxFileName);
  const auto text_size = name_size ? cutter.number('\n', kMaxPolicyFileSize) : std::nullopt;
  const auto name = text_size ? cutter.piece(*name_size) : std::nullopt;
  const auto text = name ? cutter.piece(*text_size) : std::nullopt;
  if (!text || !is_policy_file_name(*name)) return std::nullopt;
  return PolicyFile{std::string{*name}, std::string{*text}};
}

std::optional<std::string> fault_of(const std::vector<PolicyFile>& files) {
  if (files.size() > kMaxPolicyFiles) return "more than " + std::to_string(kMaxPolicyFiles) + " policy files";
  std::size_t total = 0;
  for (const auto& file : files) {
    if (!is_policy_file_name(file.name))
      return '"' + escape_untrusted(file.name) + "\" is not the name of a policy file";
    if (file.text.size() > kMaxPolicyFileSize) return escape_untrusted(file.name) + " is too large";
    total += file.text.size();
  }
  if (total > kMaxPackedPolicy) return "the policy is too large to be kept; at most 64 MiB are";
  const auto twice =
      std::adjacent_find(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != files.end()) return escape_untrusted(twice->name) + " is there twice";
  return std::nullopt;
}

}  // namespace

bool is_policy_digest(std::string_view text) noexcept {
  return text.size() == 2 * sizeof(Sha256Digest) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<PolicyDigest, std::string> digest_of(std::string_view octets) {
  const auto digest = sha256(as_bytes(octets));
  if (!digest) return fail(digest.error().words);
  return PolicyDigest{to_hex(*digest)};
}

Result<PackedPolicy, std::string> pack_policy(std::vector<PolicyFile> files) {
  for (auto& file : files) file.name = base_name(file.name);
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  if (auto fault = fault_of(files)) return fail(std::move(*fault));
  std::string octets{kHeading};
  for (const auto& file : files) append_file(octets, file);
  auto digest = digest_of(octets);
  if (!digest) return fail(digest.error());
  return PackedPolicy{std::move(octets), std::move(*digest)};
}

Result<std::vector<PolicyFile>, std::string> unpack_policy(std::string_view octets, const std::string& prefix) {
  if (!octets.starts_with(kHeading)) return fail(std::string{kDamaged});
  Cutter cutter{octets.substr(kHeading.size())};
  std::vector<PolicyFile> files;
  while (!cutter.at_end()) {
    auto file = cut_file(cutter);
    const bool in_order = file && (files.empty() || files.back().name < file->name);
    if (!in_order || files.size() == kMaxPolicyFiles) return fail(std::string{kDamaged});
    files.push_back(std::move(*file));
  }
  if (auto fault = fault_of(files)) return fail(std::string{kDamaged});
  for (auto& file : files) file.name.insert(0, prefix);
  return files;
}

}  // namespace sallyport
