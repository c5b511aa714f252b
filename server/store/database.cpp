#include "server/store/database.hpp"

#include "common/base/file.hpp"
#include "common/base/text.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

constexpr int kBusyMilliseconds = 5000;
constexpr std::size_t kMaxWords = 160;

StoreProblem problem_of(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreProblem::Busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:  // our own SQL is right: the file does not hold what it should
    case SQLITE_MISMATCH:
      return StoreProblem::Corrupt;
    case SQLITE_CONSTRAINT:
      return StoreProblem::Conflict;
    default:
      return StoreProblem::Unusable;
  }
}

std::string_view advice_for(StoreProblem problem) noexcept {
  switch (problem) {
    case StoreProblem::Busy:
      return "; another process holds it, try again";
    case StoreProblem::Corrupt:
      return "; restore the file from a backup";
    case StoreProblem::Unusable:
      return "; check its permissions and the free space";
    default:
      return "";
  }
}

StoreError describe_failure(const std::string& path, int code, const char* words) {
  const auto problem = problem_of(code);
  // SQLite quotes what it stumbles over, and a damaged file may say anything.
  return StoreError{problem, path + ": " + escape_untrusted(words, kMaxWords) + std::string{advice_for(problem)}};
}

}  // namespace

Statement& Statement::keep(int code) noexcept {
  if (failed_ == SQLITE_OK) failed_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) noexcept {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  return keep(sqlite3_bind_text64(statement_.get(), parameter + 1, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& Statement::bind(int parameter, std::int64_t value) noexcept {
  return keep(sqlite3_bind_int64(statement_.get(), parameter + 1, value));
}

Statement& Statement::bind(int parameter, WallTime time) noexcept {
  return bind(parameter, static_cast<std::int64_t>(time.time_since_epoch().count()));
}

Statement& Statement::bind(int parameter, std::optional<WallTime> time) noexcept {
  return time ? bind(parameter, *time) : keep(sqlite3_bind_null(statement_.get(), parameter + 1));
}

Statement& Statement::bind(int parameter, std::optional<Bytes> blob) noexcept {
  if (!blob) return keep(sqlite3_bind_null(statement_.get(), parameter + 1));
  return keep(sqlite3_bind_blob64(statement_.get(), parameter + 1, blob->data(), blob->size(), SQLITE_TRANSIENT));
}

Statement::Outcome<bool> Statement::step() {
  const int code = failed_ == SQLITE_OK ? sqlite3_step(statement_.get()) : failed_;
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(describe_failure(*path_, code, sqlite3_errmsg(database_)));
}

Statement::Outcome<void> Statement::run() {
  while (true) {
    auto row = step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return {};
  }
}

bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? std::string{} : std::string{data, size};
}

WallTime Statement::time(int column) const noexcept { return WallTime{std::chrono::seconds{integer(column)}}; }

std::optional<WallTime> Statement::time_or_null(int column) const noexcept {
  return is_null(column) ? std::nullopt : std::optional{time(column)};
}

Bytes Statement::blob(int column) const noexcept {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? Bytes{} : Bytes{data, size};
}

void Database::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

StoreError Database::error(int code) const { return describe_failure(path(), code, sqlite3_errmsg(database_.get())); }

Database::Outcome<Database> Database::connect(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, nullptr);
  Database database{raw, path};
  if (raw == nullptr) return fail(StoreError{StoreProblem::Unusable, path + ": no memory for a database"});
  if (code != SQLITE_OK) return fail(database.error(code));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // A file from somebody else must not cost us memory or time without bound.
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 1 << 20);
  if (auto set = database.run("PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL; "
                              // What was deleted may have been a secret.
                              "PRAGMA secure_delete=ON");
      !set) {
    return fail(std::move(set.error()));
  }
  return database;
}

Database::Outcome<Database> Database::open(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    if (errno != ENOENT)
      return fail(StoreError{StoreProblem::Unusable, path + ": cannot be opened: " + std::strerror(errno)});
    return fail(StoreError{StoreProblem::Missing, path + ": there is no such file; run: sallyportctl ca init"});
  }
  if (auto trusted = require_trusted_path(path); !trusted) {
    return fail(StoreError{StoreProblem::Untrusted, to_string(trusted.error())});
  }
  return connect(path, 0);
}

Database::Outcome<Database> Database::in_memory() { return connect(":memory:", SQLITE_OPEN_CREATE); }

Database::Outcome<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = cache_->take(sql);
  if (raw != nullptr) return Statement{raw, *cache_, database_.get(), path_.get()};
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return Statement{raw, *cache_, database_.get(), path_.get()};
}

Database::Outcome<void> Database::run(const char* sql) const {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

Database::Outcome<std::int64_t> Database::integer_of(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(StoreError{StoreProblem::Corrupt, path() + ": a value is missing; restore it from a backup"});
  return statement->integer(0);
}

Result<Transaction, StoreError> Transaction::begin(const Database& database, Durability durability) {
  if (durability == Durability::Soon) {
    if (auto set = database.run("PRAGMA synchronous=NORMAL"); !set) return fail(std::move(set.error()));
  }
  Transaction transaction{database, durability};
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) {
    transaction.database_ = nullptr;
    return fail(std::move(begun.error()));
  }
  return transaction;
}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
  if (hurried_ != nullptr) (void)hurried_->run("PRAGMA synchronous=FULL");
}

Result<void, StoreError> Transaction::commit() {
  auto committed = database_->run("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace sallyport
