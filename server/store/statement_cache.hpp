#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3_stmt;

namespace sallyport {

/// Prepared statements that nobody uses at the moment, by their words: to prepare one takes longer than to run it.
/// Bounded. Goes before the database whose statements it has.
class StatementCache {
 public:
  StatementCache() = default;
  ~StatementCache();
  StatementCache(const StatementCache&) = delete;
  StatementCache& operator=(const StatementCache&) = delete;

  /// Null: there is none.
  [[nodiscard]] sqlite3_stmt* take(std::string_view sql);
  /// Keeps it, with nothing bound to it; one that failed, or that there is no place for, ends here.
  void give_back(sqlite3_stmt* statement) noexcept;

 private:
  static constexpr std::size_t kMost = 64;

  std::unordered_map<std::string, sqlite3_stmt*> idle_;
};

}  // namespace sallyport
