#include "server/store/store.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::string_view kSelectToken =
    "SELECT id, user, device, replaces, uses, used, created_at, expires_at, revoked_at FROM tokens ";

TokenRecord read_token(const Statement& row) {
  TokenRecord record;
  record.id = row.text(0);
  record.grant = {UserId{row.text(1)}, DeviceId{row.text(2)}, row.integer(3) == 1 ? Replace::Yes : Replace::No,
                  static_cast<unsigned>(row.integer(4)), row.time(7)};
  record.used = static_cast<unsigned>(row.integer(5));
  record.created_at = row.time(6);
  record.revoked_at = row.time_or_null(8);
  return record;
}

StoreError refused(StoreProblem problem, const std::string& id, const char* words) {
  return StoreError{problem, "the token " + id + words};
}

/// Nullopt: it may be used.
std::optional<StoreError> refusal_of(const TokenRecord& token, WallTime now) {
  switch (token.state_at(now)) {
    case TokenState::Good:
      return std::nullopt;
    case TokenState::Expired:
      return refused(StoreProblem::TokenExpired, token.id, " has expired");
    case TokenState::UsedUp:
      return refused(StoreProblem::TokenUsedUp, token.id, " was used as often as it may be");
    case TokenState::Revoked:
      break;
  }
  return refused(StoreProblem::TokenRevoked, token.id, " was revoked");
}

}  // namespace

std::string_view name_of(TokenState state) noexcept {
  switch (state) {
    case TokenState::Good:
      return "good";
    case TokenState::Expired:
      return "expired";
    case TokenState::UsedUp:
      return "used_up";
    case TokenState::Revoked:
      break;
  }
  return "revoked";
}

TokenState TokenRecord::state_at(WallTime now) const noexcept {
  if (revoked_at) return TokenState::Revoked;
  if (used >= grant.uses) return TokenState::UsedUp;
  return now >= grant.expires_at ? TokenState::Expired : TokenState::Good;
}

Store::Outcome<void> Store::create_token(const std::string& id, const TokenHash& hash, const TokenGrant& grant,
                                         WallTime now) {
  if (auto allowed = check_user(grant.user); !allowed) return allowed;
  auto statement = database_.prepare(
      "INSERT INTO tokens (id, hash, user, device, replaces, uses, used, created_at, expires_at) "
      "VALUES (?, ?, ?, nullif(?, ''), ?, ?, 0, ?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(0, id)
      .bind(1, std::optional{Bytes{hash}})
      .bind(2, grant.user.text())
      .bind(3, grant.device.text())
      .bind(4, static_cast<std::int64_t>(grant.replace == Replace::Yes ? 1 : 0))
      .bind(5, static_cast<std::int64_t>(grant.uses))
      .bind(6, now)
      .bind(7, grant.expires_at)
      .run();
}

Store::Outcome<std::vector<TokenRecord>> Store::tokens() {
  auto statement = database_.prepare(std::string{kSelectToken} + "ORDER BY created_at, id");
  if (!statement) return fail(std::move(statement.error()));
  std::vector<TokenRecord> records;
  while (true) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return records;
    records.push_back(read_token(*statement));
  }
}

Store::Outcome<TokenRecord> Store::usable_token(const TokenHash& hash, WallTime now) {
  auto statement = database_.prepare(std::string{kSelectToken} + "WHERE hash = ?");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(0, std::optional{Bytes{hash}}).step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return fail(StoreError{StoreProblem::UnknownToken, "there is no such token"});
  auto token = read_token(*statement);
  if (auto refusal = refusal_of(token, now)) return fail(std::move(*refusal));
  return token;
}

Store::Outcome<void> Store::revoke_token(const std::string& id, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  const auto all = tokens();
  if (!all) return fail(all.error());
  const auto found = std::find_if(all->begin(), all->end(), [&](const TokenRecord& token) { return token.id == id; });
  if (found == all->end()) {
    return fail(StoreError{StoreProblem::UnknownToken, "there is no such token; see: sallyportctl tokens list"});
  }
  if (found->revoked_at) return {};
  auto statement = database_.prepare("UPDATE tokens SET revoked_at = ? WHERE id = ?");
  if (!statement) return fail(std::move(statement.error()));
  if (auto done = statement->bind(0, now).bind(1, id).run(); !done) return done;
  return transaction->commit();
}

/// Inside a transaction: the token was looked at in it, so no other writer can have used it meanwhile.
Store::Outcome<void> Store::consume_token(const TokenRecord& token, const std::string& serial, WallTime now) {
  auto count = database_.prepare("UPDATE tokens SET used = used + 1 WHERE id = ?");
  if (!count) return fail(std::move(count.error()));
  if (auto done = count->bind(0, token.id).run(); !done) return done;
  auto note = database_.prepare("INSERT INTO token_uses (serial, token, used_at) VALUES (?, ?, ?)");
  if (!note) return fail(std::move(note.error()));
  return note->bind(0, serial).bind(1, token.id).bind(2, now).run();
}

Store::Outcome<TokenRecord> Store::enroll_by_token(const TokenHash& hash, const Enrolment& enrolment, WallTime now) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) return fail(std::move(transaction.error()));
  auto token = usable_token(hash, now);
  if (!token) return token;
  const bool fits =
      token->grant.user == enrolment.user && (token->grant.device.empty() || token->grant.device == enrolment.device);
  if (!fits) return fail(refused(StoreProblem::Conflict, token->id, " is for another person or device"));
  if (auto enrolled = add_enrolment(enrolment, token->grant.replace, now); !enrolled) return fail(enrolled.error());
  if (auto used = consume_token(*token, enrolment.serial, now); !used) return fail(used.error());
  if (auto done = transaction->commit(); !done) return fail(std::move(done.error()));
  ++token->used;
  return token;
}

}  // namespace sallyport
