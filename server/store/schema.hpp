#pragma once

#include "common/base/result.hpp"
#include "server/store/database.hpp"
#include "server/store/store_error.hpp"

namespace sallyport {

/// True when nothing was ever written to this database.
[[nodiscard]] Result<bool, StoreError> is_blank(const Database& database);

/// Writes the tables into a blank database, in one step; does nothing when another process was faster.
[[nodiscard]] Result<void, StoreError> create_schema(const Database& database);

/// Proves that this is a Sallyport database of our version or an older one, undamaged, with exactly the tables and
/// constraints of that version. After that, uniqueness of addresses and serials holds whatever happened to the file
/// before.
[[nodiscard]] Result<void, StoreError> verify_schema(const Database& database);

/// Brings a verified database of an older version to ours, in one step; does nothing to one of ours.
[[nodiscard]] Result<void, StoreError> upgrade_schema(const Database& database);

}  // namespace sallyport
