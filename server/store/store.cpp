#include "server/store/store.hpp"

#include "common/base/file_descriptor.hpp"
#include "server/store/schema.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr mode_t kDatabaseMode = 0600;

}  // namespace

Store::Outcome<Store> Store::open(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return fail(std::move(database.error()));
  if (auto verified = verify_schema(*database); !verified) return fail(std::move(verified.error()));
  if (auto set = database->run("PRAGMA journal_mode=WAL"); !set) return fail(std::move(set.error()));
  return Store{std::move(*database)};
}

Store::Outcome<Store> Store::open_or_create(const std::string& path) {
  // SQLite would make it readable by others; it gives the files beside it the mode and owner of this one.
  const FileDescriptor made{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kDatabaseMode)};
  if (!made) return fail(StoreError{StoreProblem::Unusable, path + ": cannot be made: " + std::strerror(errno)});
  auto database = Database::open(path);
  if (!database) return fail(std::move(database.error()));
  const auto blank = is_blank(*database);
  if (!blank) return fail(blank.error());
  if (*blank) {
    if (auto created = create_schema(*database); !created) return fail(std::move(created.error()));
  }
  return open(path);
}

}  // namespace sallyport
