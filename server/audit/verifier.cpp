#include "server/audit/verifier.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr std::array<std::string_view, 11> kNames{"malformed",    "changed",   "missing",       "reordered",
                                                  "repeated",     "inserted",  "bad_signature", "other_key",
                                                  "head_differs", "truncated", "half_line"};
static_assert(kNames.size() == static_cast<std::size_t>(AuditFaultKind::HalfLine) + 1);

std::string range(std::uint64_t first, std::uint64_t last) {
  return first == last ? fmt::format("record {} is missing", first)
                       : fmt::format("records {} to {} are missing", first, last);
}

/// A member of a line that is known to be whole.
std::uint64_t number_in(std::string_view line, const char* name) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

std::string_view name_of(AuditFaultKind kind) noexcept { return kNames[static_cast<std::size_t>(kind)]; }

Result<void, std::string> AuditKeys::add(const PublicKey& key) {
  if (key.kind() != KeyKind::Ed25519) return fail(std::string{"is no Ed25519 key, which heads are signed with"});
  const auto id = audit_key_id(key);
  if (!id) return fail(id.error().words);
  keys_.insert_or_assign(*id, key);
  return {};
}

const PublicKey* AuditKeys::find(const std::string& id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

Result<KnownHead, std::string> read_known_head(std::string_view line, const AuditKeys& keys) {
  const auto parsed = parse_chained_line(line);
  const auto head = parsed ? parse_head(*parsed) : std::nullopt;
  if (!head) return fail(std::string{"is no head, as `sallyportctl audit head` prints it"});
  const auto* key = keys.find(head->key_id);
  if (key == nullptr) return fail("is signed by another key, " + head->key_id);
  if (!is_signed_by(*parsed, *head, *key)) return fail(std::string{"has a signature that is not good"});
  const auto digest = digest_of_line(line);
  if (!digest) return fail(digest.error().words);
  return KnownHead{parsed->sequence, *digest, std::string{parsed->time}};
}

AuditVerifier::AuditVerifier(Options options) : options_{std::move(options)} {
  for (const auto& head : options_.heads) {
    const auto [first, last] = known_.equal_range(head.sequence);
    if (first != last && !contradiction_ &&
        std::any_of(first, last, [&](const auto& each) { return each.second.digest != head.digest; }))
      contradiction_ = {first->second, head};
    known_.emplace(head.sequence, head);
  }
}

void AuditVerifier::begin_file(std::string name) {
  files_.push_back(std::move(name));
  line_ = 0;
}

void AuditVerifier::take(const FileLine& line) {
  line_ = line.number;
  if (verdict_.fault) return look_ahead(line);
  const Place place{files_.size() - 1, line.number};
  if (!first_place_) first_place_ = place;
  const auto parsed = line.is_whole ? parse_chained_line(line.text) : std::nullopt;
  const auto digest = parsed ? digest_of_line(line.text) : fail(PkiError{});
  if (!parsed || !digest) {
    if (doubt_) return settle(*std::exchange(doubt_, std::nullopt), true);
    const auto expected = before_ ? before_->sequence + 1 : 0;
    if (!line.is_whole) return blame(AuditFaultKind::HalfLine, place, expected, "the last line has no end");
    return blame(AuditFaultKind::Malformed, place, expected,
                 "the line is no record: it was changed, or did not come from the gateway");
  }
  const Seen seen{parsed->sequence, parsed->previous, *digest, place};
  text_ = line.text;
  if (doubt_) {
    const auto doubt = *std::exchange(doubt_, std::nullopt);
    return settle(doubt, seen.previous == doubt.newer.digest);
  }
  if (!before_)
    take_first(*parsed, seen);
  else
    take_next(*parsed, seen);
}

/// Behind the first fault, only whether what is missing comes later.
void AuditVerifier::look_ahead(const FileLine& line) {
  auto& fault = *verdict_.fault;
  if (fault.kind != AuditFaultKind::Missing || !line.is_whole) return;
  const auto parsed = parse_chained_line(line.text);
  if (parsed && parsed->sequence == fault.sequence) {
    fault.kind = AuditFaultKind::Reordered;
    fault.words = fmt::format("record {} comes later, at {}:{}: the lines were put in another order", fault.sequence,
                              files_.back(), line.number);
  }
}

void AuditVerifier::take_first(const ChainedLine& line, const Seen& seen) {
  verdict_.first = seen.sequence;
  if (seen.sequence == 1 && seen.previous != Sha256Digest{})
    return blame(AuditFaultKind::Changed, seen.place, 1, "record 1 stands behind no other, but says otherwise");
  accept(line, seen);
}

void AuditVerifier::take_next(const ChainedLine& line, const Seen& seen) {
  const bool fits = seen.previous == before_->digest;
  const bool follows = seen.sequence == before_->sequence + 1;
  if (fits && follows) return accept(line, seen);
  if (fits) {
    return blame(
        AuditFaultKind::Changed, seen.place, before_->sequence + 1,
        fmt::format("the line has number {} and should have {}: it was changed", seen.sequence, before_->sequence + 1));
  }
  take_misfit(line, seen);
}

void AuditVerifier::take_misfit(const ChainedLine& line, const Seen& seen) {
  const auto expected = before_->sequence + 1;
  if (seen.sequence > expected) {
    return blame(AuditFaultKind::Missing, seen.place, expected,
                 range(expected, seen.sequence - 1) + " before this line");
  }
  if (seen.digest == before_->digest)
    return blame(AuditFaultKind::Repeated, seen.place, expected, "the line is there twice");
  const bool are_twins = seen.previous == before_->previous;
  if (seen.sequence < expected && !are_twins) {
    return blame(AuditFaultKind::Repeated, seen.place, expected,
                 fmt::format("the line has number {}, which came before; {} is due", seen.sequence, expected));
  }
  const auto head = parse_head(line);
  const auto* key = head ? options_.keys.find(head->key_id) : nullptr;
  doubt_ = Doubt{*before_, seen, are_twins};
  // Its signature covers what the line before should be.
  if (key != nullptr && !are_twins) settle(*std::exchange(doubt_, std::nullopt), is_signed_by(line, *head, *key));
}

void AuditVerifier::settle(const Doubt& doubt, bool newer_is_sound) {
  const auto& wrong = newer_is_sound ? doubt.older : doubt.newer;
  const auto expected = newer_is_sound ? doubt.older.sequence : doubt.older.sequence + 1;
  if (doubt.are_twins) {
    return blame(AuditFaultKind::Inserted, wrong.place, expected,
                 "two lines claim this place, and the chain goes on from the other one");
  }
  blame(AuditFaultKind::Changed, wrong.place, expected,
        newer_is_sound ? "the line was changed: the next one stands behind another text"
                       : "the line was changed: it stands behind another text than the line before it");
}

void AuditVerifier::accept(const ChainedLine& line, const Seen& seen) {
  const auto [first, last] = known_.equal_range(seen.sequence);
  const auto other = std::find_if(first, last, [&](const auto& each) { return each.second.digest != seen.digest; });
  if (other != last) {
    return blame(
        AuditFaultKind::HeadDiffers, seen.place, seen.sequence,
        fmt::format("a head of number {} was signed at {}, and this line is another one: the file was written anew",
                    seen.sequence, other->second.time));
  }
  if (line.event == kHeadEvent && !check_head(line, seen)) return;
  note_statements(line, text_);
  before_ = seen;
  ++verdict_.records;
  verdict_.last = seen.sequence;
}

bool AuditVerifier::check_head(const ChainedLine& line, const Seen& seen) {
  const auto head = parse_head(line);
  const auto* key = head ? options_.keys.find(head->key_id) : nullptr;
  if (head && key == nullptr) {
    blame(AuditFaultKind::OtherKey, seen.place, seen.sequence, "the head is signed by another key, " + head->key_id);
    return false;
  }
  if (!head || !is_signed_by(line, *head, *key)) {
    blame(AuditFaultKind::BadSignature, seen.place, seen.sequence, "the signature of this head is not good");
    return false;
  }
  ++verdict_.heads;
  verdict_.signed_to = seen.sequence;
  verdict_.signed_at = line.time;
  dropped_to_.insert(unsigned_drops_.begin(), unsigned_drops_.end());
  unsigned_drops_.clear();
  return true;
}

void AuditVerifier::note_statements(const ChainedLine& line, std::string_view text) {
  if (line.event == "audit.dropped") unsigned_drops_.push_back(number_in(text, "last"));
  if (line.event == "audit.recovered") verdict_.lost += number_in(text, "lost");
}

void AuditVerifier::blame(AuditFaultKind kind, Place place, std::uint64_t sequence, std::string words) {
  if (verdict_.fault) return;
  verdict_.fault = AuditFault{kind, files_[place.file], place.line, sequence, std::move(words)};
}

void AuditVerifier::judge_beginning() {
  const auto first = verdict_.first;
  if (!options_.is_whole || first <= 1 || dropped_to_.contains(first - 1)) return;
  // It comes before whatever else is wrong.
  verdict_.fault.reset();
  blame(AuditFaultKind::Missing, *first_place_, 1,
        range(1, first - 1) + " before this line, and no record says that they were dropped");
}

/// Where no line says which of them is of this file.
void AuditVerifier::judge_heads() {
  if (verdict_.fault || !contradiction_) return;
  const auto& [one, other] = *contradiction_;
  if (files_.empty()) files_.emplace_back("(no file)");
  blame(AuditFaultKind::HeadDiffers, {files_.size() - 1, line_}, one.sequence,
        fmt::format("two heads of number {} are known, signed at {} and {}: the file was written anew", one.sequence,
                    one.time, other.time));
}

void AuditVerifier::judge_end() {
  if (verdict_.fault || known_.empty()) return;
  const auto& newest = known_.rbegin()->second;
  if (newest.sequence <= verdict_.last) return;
  if (files_.empty()) files_.emplace_back("(no file)");
  blame(AuditFaultKind::Truncated, {files_.size() - 1, line_}, verdict_.last + 1,
        fmt::format("{} at the end: a head of number {} was signed at {}", range(verdict_.last + 1, newest.sequence),
                    newest.sequence, newest.time));
}

AuditVerdict AuditVerifier::finish() {
  // Nothing comes behind: the older of the two is the likelier one, for a head may still follow the newer.
  if (doubt_) settle(*std::exchange(doubt_, std::nullopt), true);
  judge_beginning();
  judge_heads();
  judge_end();
  return std::move(verdict_);
}

}  // namespace sallyport
