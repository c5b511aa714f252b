#include "server/store/statement_cache.hpp"

#include <sqlite3.h>

namespace sallyport {

StatementCache::~StatementCache() {
  for (const auto& [sql, statement] : idle_) sqlite3_finalize(statement);
}

sqlite3_stmt* StatementCache::take(std::string_view sql) {
  const auto node = idle_.extract(std::string{sql});
  return node.empty() ? nullptr : node.mapped();
}

void StatementCache::give_back(sqlite3_stmt* statement) noexcept {
  // What was bound may have been a secret.
  const bool is_good = sqlite3_reset(statement) == SQLITE_OK && sqlite3_clear_bindings(statement) == SQLITE_OK;
  const bool is_kept = is_good && idle_.size() < kMost && idle_.try_emplace(sqlite3_sql(statement), statement).second;
  if (!is_kept) sqlite3_finalize(statement);
}

}  // namespace sallyport
