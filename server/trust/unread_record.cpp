#include "server/trust/unread_record.hpp"

#include "common/base/hex.hpp"
#include "common/base/text.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cerrno>
#include <optional>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxRecord = 8U << 20U;
constexpr std::size_t kMaxWords = 512;

std::string path_in(const std::string& directory) { return directory + "/unread"; }

bool is_absent(const std::string& path) { return ::access(path.c_str(), F_OK) != 0 && errno == ENOENT; }

std::string text_at(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string{};
}

std::optional<UnreadSource> read_one(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  UnreadSource unread{text_at(object, "authority"), text_at(object, "source"), text_at(object, "words")};
  const bool is_named = !unread.authority.empty() && from_hex(unread.authority) && !unread.source.empty();
  return is_named ? std::optional{std::move(unread)} : std::nullopt;
}

}  // namespace

Result<std::vector<UnreadSource>, std::string> parse_unread(std::string_view text) {
  const auto damaged = [] {
    return fail(std::string{
        "the record of revocation lists that cannot be read is damaged; restore it, or remove it: then what "
        "cannot be read is known again when each source was looked at"});
  };
  const auto object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || object.value("v", Json{}) != 1) return damaged();
  const auto list = object.find("unread");
  if (list == object.end() || !list->is_array()) return damaged();
  std::vector<UnreadSource> all;
  for (const auto& each : *list) {
    auto unread = read_one(each);
    if (!unread) return damaged();
    all.push_back(std::move(*unread));
  }
  return all;
}

std::string to_text(const std::vector<UnreadSource>& unread) {
  Json list = Json::array();
  for (const auto& each : unread) {
    list.push_back(
        {{"authority", each.authority}, {"source", each.source}, {"words", escape_quoting(each.words, kMaxWords)}});
  }
  const Json object{{"v", 1}, {"unread", std::move(list)}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Result<std::vector<UnreadSource>, FileError> load_unread(const std::string& directory) {
  const auto path = path_in(directory);
  if (is_absent(path)) return std::vector<UnreadSource>{};
  const auto text = read_file(path, kMaxRecord);
  if (!text) return fail(text.error());
  auto unread = parse_unread(*text);
  if (!unread) return fail(FileError{path, std::move(unread.error())});
  return std::move(*unread);
}

Result<void, FileError> store_unread(const std::string& directory, const TrustBundle& bundle) {
  constexpr mode_t kMode = 0600;
  constexpr mode_t kDirectoryMode = 0700;
  const auto path = path_in(directory);
  if (bundle.unread().empty() && is_absent(path)) return {};
  const auto text = to_text(bundle.unread());
  if (const auto present = read_file(path, kMaxRecord); present && *present == text) return {};
  if (auto made = make_directories(directory, kDirectoryMode); !made) return made;
  return write_file_atomically(path, text, kMode);
}

}  // namespace sallyport
