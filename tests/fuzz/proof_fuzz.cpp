// What a person types travels in the signed body of an ATTEST answer, and what it came to in PROOF capsules: whatever a
// laptop with a good key signs, and whatever a gateway says. The first octet chooses the reader.

#include "common/wire/capsule.hpp"
#include "common/wire/control_json.hpp"
#include "common/wire/proof.hpp"
#include "server/session/attestation.hpp"

#include <cstdlib>
#include <variant>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A code that was read is within its bounds, and comes through once more as it was.
void check_body(Bytes input) {
  const auto read = parse_attest_body(as_text(input), {});
  if (!read || !read->proof) return;
  require(is_well_formed(*read->proof));
  const auto rewritten = with_proof(as_text(input), *read->proof);
  if (rewritten.size() > kMaxJsonSize) return;
  const auto again = parse_attest_body(rewritten, {});
  require(again && again->proof == read->proof);
  require(again->posture.has_value() == read->posture.has_value());
}

Bytes value_of(const ByteBuffer& stream, CapsuleReader& reader) {
  reader.feed(stream);
  const auto capsule = reader.next();
  require(capsule && *capsule && (*capsule)->type == CapsuleType::Proof);
  return (*capsule)->payload;
}

/// What was read is printable, and bounded.
void check_message(Bytes input) {
  const auto read = parse_proof_message(input);
  if (!read) return;
  ByteBuffer stream;
  if (const auto* waiting = std::get_if<ProofWaiting>(&*read)) {
    require(waiting->places.size() <= kMaxProofPlaces);
    append_proof_waiting(stream, *waiting);
  }
  if (const auto* verdict = std::get_if<ProofVerdict>(&*read)) append_proof_verdict(stream, *verdict);
  if (stream.empty()) return;
  CapsuleReader reader;
  require(parse_proof_message(value_of(stream, reader)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  if (input.empty()) return 0;
  switch (std::to_integer<unsigned>(input[0]) % 3) {
    case 0:
      check_body(input.subspan(1));
      break;
    case 1:
      check_message(input.subspan(1));
      break;
    default:
      (void)parse_proof_request(input.subspan(1));
  }
  return 0;
}
