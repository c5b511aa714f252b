#include "server/store/schema.hpp"

#include <array>
#include <string>
#include <vector>

namespace sallyport {
namespace {

constexpr std::int64_t kApplicationId = 0x53414c59;  // "SALY"

// Times are seconds since 1970, until the end of the year 9999. Addresses are octets in network order.
constexpr const char* kFirstSchema = R"sql(
CREATE TABLE certificates (
  serial     TEXT PRIMARY KEY NOT NULL CHECK (length(serial) BETWEEN 2 AND 40),
  kind       TEXT NOT NULL CHECK (kind IN ('device', 'gateway')),
  device     TEXT CHECK ((device IS NULL) = (kind = 'gateway')),
  not_after  INTEGER NOT NULL CHECK (not_after BETWEEN 0 AND 253402300799),
  revoked_at INTEGER CHECK (revoked_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE INDEX certificates_by_device ON certificates (device);
CREATE TABLE devices (
  id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
  user        TEXT NOT NULL CHECK (length(user) BETWEEN 1 AND 320),
  state       TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'revoked')),
  serial      TEXT NOT NULL UNIQUE REFERENCES certificates (serial),
  not_after   INTEGER NOT NULL CHECK (not_after BETWEEN 0 AND 253402300799),
  enrolled_at INTEGER NOT NULL CHECK (enrolled_at BETWEEN 0 AND 253402300799),
  revoked_at  INTEGER CHECK ((revoked_at IS NULL) = (state <> 'revoked')
                             AND (revoked_at IS NULL OR revoked_at BETWEEN 0 AND 253402300799))
) STRICT;
CREATE TABLE leases (
  device    TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  v4        BLOB UNIQUE CHECK (length(v4) = 4),
  v6        BLOB UNIQUE CHECK (length(v6) = 16),
  last_seen INTEGER NOT NULL CHECK (last_seen BETWEEN 0 AND 253402300799)
) STRICT;
CREATE TABLE numbers (
  name  TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL CHECK (value >= 0)
) STRICT;
INSERT INTO numbers VALUES ('crl', 0);
)sql";

// Secrets of user proof, what is left of the codes for the day the phone is lost, and what was proved. A proof goes
// with the enrolment of its device (the serial), and with the secret it was made with.
constexpr const char* kProofSchema = R"sql(
CREATE TABLE totp_secrets (
  user        TEXT PRIMARY KEY NOT NULL CHECK (length(user) BETWEEN 1 AND 320),
  secret      BLOB NOT NULL CHECK (length(secret) BETWEEN 16 AND 64),
  used_step   INTEGER NOT NULL CHECK (used_step >= 0),
  enrolled_at INTEGER NOT NULL CHECK (enrolled_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE TABLE recovery_codes (
  user   TEXT NOT NULL REFERENCES totp_secrets (user) ON DELETE CASCADE,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  PRIMARY KEY (user, digest)
) STRICT;
CREATE TABLE proofs (
  device    TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  user      TEXT NOT NULL CHECK (length(user) BETWEEN 1 AND 320),
  serial    TEXT NOT NULL,
  method    TEXT NOT NULL CHECK (length(method) BETWEEN 1 AND 16),
  proved_at INTEGER NOT NULL CHECK (proved_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE INDEX proofs_by_user ON proofs (user);
CREATE TABLE proof_failures (
  device      TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  failures    INTEGER NOT NULL CHECK (failures BETWEEN 1 AND 4294967295),
  last_failed INTEGER NOT NULL CHECK (last_failed BETWEEN 0 AND 253402300799)
) STRICT;
)sql";

/// Enrolment tokens, of which only hashes are kept, and what each was used for. A certificate that was renewed stays
/// good as long as it stands in previous_certificates.
constexpr const char* kEnrolmentSchema = R"sql(
CREATE TABLE tokens (
  id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 40),
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  user       TEXT NOT NULL CHECK (length(user) BETWEEN 1 AND 320),
  device     TEXT CHECK (length(device) BETWEEN 1 AND 255),
  replaces   INTEGER NOT NULL CHECK (replaces IN (0, 1) AND (replaces = 0 OR device IS NOT NULL)),
  uses       INTEGER NOT NULL CHECK (uses BETWEEN 1 AND 1000 AND (uses = 1 OR device IS NULL)),
  used       INTEGER NOT NULL CHECK (used BETWEEN 0 AND uses),
  created_at INTEGER NOT NULL CHECK (created_at BETWEEN 0 AND 253402300799),
  expires_at INTEGER NOT NULL CHECK (expires_at BETWEEN 0 AND 253402300799),
  revoked_at INTEGER CHECK (revoked_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE TABLE token_uses (
  serial  TEXT PRIMARY KEY NOT NULL REFERENCES certificates (serial),
  token   TEXT NOT NULL REFERENCES tokens (id),
  used_at INTEGER NOT NULL CHECK (used_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE INDEX token_uses_by_token ON token_uses (token);
CREATE TABLE previous_certificates (
  device     TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  serial     TEXT NOT NULL UNIQUE REFERENCES certificates (serial),
  renewed_at INTEGER NOT NULL CHECK (renewed_at BETWEEN 0 AND 253402300799)
) STRICT;
)sql";

/// Which authorities a device trusts, by its own word, and which one signed a certificate. A certificate without an
/// issuer is of the authority that was there before this table.
constexpr const char* kAuthoritySchema = R"sql(
CREATE TABLE held_authorities (
  device       TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  fingerprints TEXT NOT NULL CHECK (length(fingerprints) <= 2048),
  problem      TEXT NOT NULL CHECK (length(problem) <= 32),
  told_at      INTEGER NOT NULL CHECK (told_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE TABLE certificate_issuers (
  serial TEXT PRIMARY KEY NOT NULL REFERENCES certificates (serial),
  issuer TEXT NOT NULL CHECK (length(issuer) = 64)
) STRICT;
CREATE INDEX certificates_by_issuer ON certificate_issuers (issuer);
)sql";

/// Devices that a foreign authority names. Their row in `certificates` has a made-up serial, because theirs are unique
/// within their authority only; `serial` is the real one, once it was seen. device_issuers: who signed the certificate
/// that a device showed last.
constexpr const char* kForeignSchema = R"sql(
CREATE TABLE foreign_devices (
  device    TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  authority TEXT NOT NULL CHECK (length(authority) BETWEEN 1 AND 40),
  made_up   TEXT NOT NULL UNIQUE REFERENCES certificates (serial),
  serial    TEXT CHECK (length(serial) BETWEEN 2 AND 40)
) STRICT;
CREATE TABLE device_issuers (
  device TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  serial TEXT NOT NULL CHECK (length(serial) BETWEEN 2 AND 40),
  issuer TEXT NOT NULL CHECK (length(issuer) BETWEEN 2 AND 64)
) STRICT;
)sql";

/// People whose devices count for nothing until they are enabled again. No row: enabled.
constexpr const char* kUserStateSchema = R"sql(
CREATE TABLE disabled_users (
  user        TEXT PRIMARY KEY NOT NULL CHECK (length(user) BETWEEN 1 AND 320),
  reason      TEXT NOT NULL CHECK (length(reason) <= 200),
  disabled_at INTEGER NOT NULL CHECK (disabled_at BETWEEN 0 AND 253402300799)
) STRICT;
)sql";

/// Devices that were recorded because their authority's word was enough (enrol_unknown), and are not revoked since.
constexpr const char* kFirstSightSchema = R"sql(
CREATE TABLE first_sights (
  device    TEXT PRIMARY KEY NOT NULL REFERENCES foreign_devices (device) ON DELETE CASCADE,
  authority TEXT NOT NULL CHECK (length(authority) BETWEEN 1 AND 40)
) STRICT;
CREATE INDEX first_sights_by_authority ON first_sights (authority);
)sql";

/// Each takes a file from the version of its index to the next. What was released is never changed: new tables and
/// columns are a new element.
constexpr std::array kMigrations{kFirstSchema,   kProofSchema,     kEnrolmentSchema, kAuthoritySchema,
                                 kForeignSchema, kUserStateSchema, kFirstSightSchema};
constexpr auto kSchemaVersion = static_cast<std::int64_t>(kMigrations.size());

/// From version `from` to version `to`.
Result<void, StoreError> migrate(const Database& database, std::int64_t from, std::int64_t to) {
  for (std::int64_t version = from; version < to; ++version) {
    if (auto done = database.run(kMigrations[static_cast<std::size_t>(version)]); !done) return done;
  }
  return database.run(("PRAGMA user_version=" + std::to_string(to)).c_str());
}

StoreError refusal(const Database& database, StoreProblem problem, const char* words) {
  return StoreError{problem, database.path() + ": " + words};
}

/// The version of the file, 1 to kSchemaVersion.
Result<std::int64_t, StoreError> verify_kind(const Database& database) {
  const auto application = database.integer_of("PRAGMA application_id");
  if (!application) return fail(application.error());
  if (*application != kApplicationId) {
    return fail(
        refusal(database, StoreProblem::Foreign, "is not a Sallyport database; move it away or correct `state`"));
  }
  const auto version = database.integer_of("PRAGMA user_version");
  if (!version) return fail(version.error());
  if (*version > kSchemaVersion) {
    return fail(refusal(database, StoreProblem::Newer, "was written by a newer Sallyport; upgrade this one"));
  }
  if (*version >= 1) return *version;
  return fail(refusal(database, StoreProblem::Corrupt, "has no valid version; restore it from a backup"));
}

Result<std::vector<std::string>, StoreError> tables_of(const Database& database) {
  auto statement = database.prepare(
      "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema ORDER BY name");
  if (!statement) return fail(statement.error());
  std::vector<std::string> tables;
  while (true) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return tables;
    tables.push_back(statement->text(0));
  }
}

Result<void, StoreError> verify_tables(const Database& database, std::int64_t version) {
  const auto reference = Database::in_memory();
  if (!reference) return fail(reference.error());
  if (auto created = migrate(*reference, 0, version); !created) return created;
  const auto expected = tables_of(*reference);
  const auto found = tables_of(database);
  if (!expected) return fail(expected.error());
  if (!found) return fail(found.error());
  if (*expected == *found) return {};
  return fail(
      refusal(database, StoreProblem::Corrupt, "its tables are not those of Sallyport; restore it from a backup"));
}

/// Runs a check that answers "ok" or nothing when all is well.
Result<void, StoreError> verify_with(const Database& database, std::string_view pragma) {
  auto statement = database.prepare(pragma);
  if (!statement) return fail(statement.error());
  const auto row = statement->step();
  if (!row) return fail(row.error());
  if (!*row || statement->text(0) == "ok") return {};
  return fail(refusal(database, StoreProblem::Corrupt, "is damaged; restore it from a backup"));
}

}  // namespace

Result<bool, StoreError> is_blank(const Database& database) {
  const auto objects = database.integer_of("SELECT count(*) FROM sqlite_schema");
  if (!objects) return fail(objects.error());
  const auto application = database.integer_of("PRAGMA application_id");
  if (!application) return fail(application.error());
  return *objects == 0 && *application == 0;
}

Result<void, StoreError> create_schema(const Database& database) {
  // Only outside a transaction, and remembered by the file.
  if (auto set = database.run("PRAGMA journal_mode=WAL"); !set) return set;
  auto transaction = Transaction::begin(database);
  if (!transaction) return fail(transaction.error());
  const auto blank = is_blank(database);
  if (!blank) return fail(blank.error());
  if (!*blank) return {};
  const auto mark = "PRAGMA application_id=" + std::to_string(kApplicationId);
  if (auto created = migrate(database, 0, kSchemaVersion); !created) return created;
  if (auto marked = database.run(mark.c_str()); !marked) return marked;
  return transaction->commit();
}

namespace {

Result<void, StoreError> verify_contents(const Database& database) {
  const auto version = verify_kind(database);
  if (!version) return fail(version.error());
  if (auto tables = verify_tables(database, *version); !tables) return tables;
  if (auto intact = verify_with(database, "PRAGMA integrity_check(1)"); !intact) return intact;
  return verify_with(database, "PRAGMA foreign_key_check");
}

}  // namespace

Result<void, StoreError> verify_schema(const Database& database) {
  // All of it as at one moment: another process may upgrade the file between two looks.
  if (auto begun = database.run("BEGIN"); !begun) return begun;
  auto verified = verify_contents(database);
  const auto ended = database.run("ROLLBACK");
  return verified ? ended : verified;
}

Result<void, StoreError> upgrade_schema(const Database& database) {
  const auto present = verify_kind(database);
  if (!present) return fail(present.error());
  if (*present == kSchemaVersion) return {};
  auto transaction = Transaction::begin(database);
  if (!transaction) return fail(transaction.error());
  // Another process may have been faster.
  const auto version = verify_kind(database);
  if (!version) return fail(version.error());
  if (auto migrated = migrate(database, *version, kSchemaVersion); !migrated) return migrated;
  return transaction->commit();
}

}  // namespace sallyport
