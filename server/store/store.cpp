#include "server/store/store.hpp"

#include "common/base/file_descriptor.hpp"
#include "server/store/schema.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

constexpr mode_t kDatabaseMode = 0600;

// Closing any descriptor of a file drops this process's POSIX locks on it. SQLite's must be taken afterwards: without
// them another program believes that nobody uses the database, and takes its write-ahead log away.

Store::Outcome<void> make_file(const std::string& path) {
  // SQLite would make it readable by others; it gives the files beside it the mode and owner of this one.
  const FileDescriptor made{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kDatabaseMode)};
  if (!made) return fail(StoreError{StoreProblem::Unusable, path + ": cannot be made: " + std::strerror(errno)});
  return {};
}

Store::Outcome<void> fill_if_blank(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return fail(std::move(database.error()));
  const auto blank = is_blank(*database);
  if (!blank) return fail(blank.error());
  if (!*blank) return {};
  return create_schema(*database);
}

}  // namespace

Store::Outcome<Store> Store::open(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return fail(std::move(database.error()));
  if (auto verified = verify_schema(*database); !verified) return fail(std::move(verified.error()));
  if (auto upgraded = upgrade_schema(*database); !upgraded) return fail(std::move(upgraded.error()));
  if (auto set = database->run("PRAGMA journal_mode=WAL"); !set) return fail(std::move(set.error()));
  return Store{std::move(*database)};
}

Store::Outcome<Store> Store::open_or_create(const std::string& path) {
  if (auto made = make_file(path); !made) return fail(std::move(made.error()));
  if (auto filled = fill_if_blank(path); !filled) return fail(std::move(filled.error()));
  return open(path);
}

}  // namespace sallyport
