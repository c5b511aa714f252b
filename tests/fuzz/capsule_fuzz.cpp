// A capsule stream, cut as the input says, against a decoder that keeps everything (security.md's F2: split
// invariance, equal bytes consumed, bounded memory). The first octet says how many of the next are piece sizes.

#include "common/wire/address_assign.hpp"
#include "common/wire/address_request.hpp"
#include "common/wire/attest.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/datagram.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/posture_standing.hpp"
#include "common/wire/proof.hpp"
#include "common/wire/route_advertisement.hpp"
#include "common/wire/why.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

namespace {

using namespace sallyport;

struct Seen {
  std::uint64_t type;
  ByteBuffer value;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Reading {
  std::vector<Seen> capsules;
  bool is_refused = false;
  bool is_cut = false;
  friend bool operator==(const Reading&, const Reading&) = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

/// Independent of common/wire/varint.hpp.
std::optional<std::uint64_t> take_number(Bytes stream, std::size_t& at) {
  if (at >= stream.size()) return std::nullopt;
  const unsigned first = std::to_integer<unsigned>(stream[at]);
  const std::size_t size = first < 64 ? 1 : first < 128 ? 2 : first < 192 ? 4 : 8;
  if (stream.size() - at < size) return std::nullopt;
  std::uint64_t number = first % 64;
  for (std::size_t i = 1; i < size; ++i) number = number * 256 + std::to_integer<unsigned>(stream[at + i]);
  at += size;
  return number;
}

bool is_known(std::uint64_t type) {
  return type <= 3 || type == 0x17639157c1b07806U || type == 0x16a3e5d4413f2cd5U || type == 0x2b5d0e8f63a917c4U ||
         type == 0x1d4f86b20c97e35aU || type == 0x1d8b47f2c6305ea9U;
}

/// What RFC 9297 section 3.2 says, over the whole stream at once.
Reading decode_naively(Bytes stream) {
  Reading reading;
  for (std::size_t at = 0; at < stream.size();) {
    const auto type = take_number(stream, at);
    const auto length = type ? take_number(stream, at) : std::nullopt;
    if (!length) {
      reading.is_cut = true;
      return reading;
    }
    if (is_known(*type) && *type != 0 && *length > 65536) {
      reading.is_refused = true;
      return reading;
    }
    if (*length > stream.size() - at) {
      reading.is_cut = true;
      return reading;
    }
    const Bytes value = stream.subspan(at, static_cast<std::size_t>(*length));
    if (is_known(*type) && *length <= 65536) reading.capsules.push_back({*type, {value.begin(), value.end()}});
    at += value.size();
  }
  return reading;
}

Reading decode_in_pieces(Bytes stream, Bytes sizes) {
  CapsuleReader reader;
  Reading reading;
  std::size_t piece = 0;
  while (!stream.empty()) {
    std::size_t size = stream.size();
    if (piece < sizes.size()) size = std::min(size, std::to_integer<std::size_t>(sizes[piece++]));
    // An exact copy: the sanitizer sees a read past the piece, or of a piece that is gone.
    const std::vector<std::byte> fed(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream = stream.subspan(size);
    reader.feed(fed);
    for (;;) {
      const auto capsule = reader.next();
      if (!capsule) {
        reading.is_refused = true;
        return reading;
      }
      if (!*capsule) break;
      const Bytes value = (*capsule)->payload;
      reading.capsules.push_back({static_cast<std::uint64_t>((*capsule)->type), {value.begin(), value.end()}});
    }
    require(reader.memory() <= 2 * (kMaxCapsuleValue + 16));
  }
  reading.is_cut = !reader.at_boundary();
  return reading;
}

/// What was accepted is printable and goes through the wire again, or is counted as left off.
void check_standing(const PostureStanding& standing) {
  for (const auto& check : standing.checks) {
    for (const char c : check.name) require(c >= 0x20 && c < 0x7f);
  }
  ByteBuffer stream;
  append_posture_standing(stream, standing);
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  require(capsule && *capsule);
  const auto again = parse_posture_standing((*capsule)->payload);
  require(again && again->checks.size() <= standing.checks.size());
}

/// Every accepted value is written back and read again to the same.
void check_value(const Seen& seen) {
  ByteBuffer again;
  if (const auto list = parse_address_assign(seen.value)) {
    append_address_assign(again, *list);
    CapsuleReader reader;
    reader.feed(again);
    const auto capsule = reader.next();
    // Request IDs in long encodings shrink, so the rewritten value always fits.
    require(capsule && *capsule && parse_address_assign((*capsule)->payload) == *list);
  }
  if (const auto list = parse_route_advertisement(seen.value)) {
    again.clear();
    require(append_route_advertisement(again, *list) == list->size());
  }
  (void)parse_address_request(seen.value);
  (void)parse_datagram(seen.value);
  (void)parse_notice(seen.value);
  (void)parse_proof_message(seen.value);
  (void)parse_proof_request(seen.value);
  (void)parse_why_request(seen.value);
  (void)parse_why_answer(seen.value);
  (void)parse_attest_answer(seen.value);
  if (const auto challenge = parse_attest_challenge(seen.value)) {
    require(challenge->wants.size() <= kMaxPostureWants);
    for (const auto& path : challenge->wants.files) require(is_file_path(path));
    for (const auto& name : challenge->wants.processes) require(is_process_name(name));
  }
  if (const auto standing = parse_posture_standing(seen.value)) check_standing(*standing);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span{data, size});
  if (input.empty()) return 0;
  const std::size_t count = std::min(std::to_integer<std::size_t>(input[0]) % 16, input.size() - 1);
  const Bytes stream = input.subspan(1 + count);
  const Reading expected = decode_naively(stream);
  require(decode_in_pieces(stream, input.subspan(1, count)) == expected);
  for (const Seen& seen : expected.capsules) check_value(seen);
  return 0;
}
