#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "server/store/statement_cache.hpp"
#include "server/store/store_error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace sallyport {

/// A prepared SQL statement. Parameters and columns count from 0. Must not outlive its Database.
class Statement {
 public:
  template <class T>
  using Outcome = Result<T, StoreError>;

  Statement& bind(int parameter, std::string_view text) noexcept;
  Statement& bind(int parameter, std::int64_t value) noexcept;
  Statement& bind(int parameter, WallTime time) noexcept;
  Statement& bind(int parameter, std::optional<WallTime> time) noexcept;
  /// Nullopt is NULL.
  Statement& bind(int parameter, std::optional<Bytes> blob) noexcept;

  /// True: a row is there to be read.
  [[nodiscard]] Outcome<bool> step();
  /// For a statement that has no rows.
  [[nodiscard]] Outcome<void> run();

  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] WallTime time(int column) const noexcept;
  [[nodiscard]] std::optional<WallTime> time_or_null(int column) const noexcept;
  /// Borrowed until the next step().
  [[nodiscard]] Bytes blob(int column) const noexcept;

 private:
  friend class Database;
  struct GiveBack {
    void operator()(sqlite3_stmt* statement) const noexcept { cache->give_back(statement); }
    StatementCache* cache;
  };
  Statement(sqlite3_stmt* statement, StatementCache& cache, sqlite3* database, const std::string* path) noexcept
      : statement_{statement, GiveBack{&cache}}, database_{database}, path_{path} {}
  Statement& keep(int code) noexcept;

  std::unique_ptr<sqlite3_stmt, GiveBack> statement_;
  sqlite3* database_;
  const std::string* path_;  ///< belongs to the Database
  int failed_ = 0;           ///< of the first bind that failed
};

/// One connection to an SQLite file, set up so that what was committed survives a power cut.
class Database {
 public:
  template <class T>
  using Outcome = Result<T, StoreError>;

  /// The file must exist; one that others may write is refused.
  [[nodiscard]] static Outcome<Database> open(const std::string& path);
  [[nodiscard]] static Outcome<Database> in_memory();

  [[nodiscard]] Outcome<Statement> prepare(std::string_view sql) const;
  /// One or several statements without parameters.
  [[nodiscard]] Outcome<void> run(const char* sql) const;
  /// The first column of the only row.
  [[nodiscard]] Outcome<std::int64_t> integer_of(std::string_view sql) const;

  [[nodiscard]] const std::string& path() const noexcept { return *path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  [[nodiscard]] static Outcome<Database> connect(const std::string& path, int flags);
  Database(sqlite3* database, std::string path)
      : database_{database},
        path_{std::make_unique<std::string>(std::move(path))},
        cache_{std::make_unique<StatementCache>()} {}
  [[nodiscard]] StoreError error(int code) const;

  std::unique_ptr<sqlite3, Close> database_;
  // On the heap: statements refer to them.
  std::unique_ptr<const std::string> path_;
  std::unique_ptr<StatementCache> cache_;
};

/// What a power cut leaves of a change that was committed.
enum class Durability : std::uint8_t {
  Lasting,  ///< all of it: it is on disk when commit() returns, for which the disk is waited for
  Soon,     ///< all or nothing, as all changes behind it; the end of the process takes nothing away
};

/// A change that other writers see whole or not at all: rolled back unless it was committed.
class Transaction {
 public:
  /// Waits for other writers.
  [[nodiscard]] static Result<Transaction, StoreError> begin(const Database& database,
                                                             Durability durability = Durability::Lasting);
  Transaction(Transaction&& other) noexcept
      : database_{std::exchange(other.database_, nullptr)}, hurried_{std::exchange(other.hurried_, nullptr)} {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  [[nodiscard]] Result<void, StoreError> commit();

 private:
  Transaction(const Database& database, Durability durability) noexcept
      : database_{&database}, hurried_{durability == Durability::Soon ? &database : nullptr} {}
  const Database* database_;
  const Database* hurried_;  ///< does not wait for the disk until this ends; null: it does
};

}  // namespace sallyport
