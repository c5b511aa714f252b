#include "common/wire/capsule.hpp"

#include "common/wire/varint.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sallyport {

void CapsuleReader::feed(Bytes stream) noexcept {
  assert(input_.empty() || error_);
  input_ = stream;
}

CapsuleReader::Outcome CapsuleReader::next() {
  if (error_) return fail(*error_);
  if (std::exchange(is_partial_used_, false)) partial_.clear();
  for (;;) {
    skip();
    if (input_.empty()) return std::nullopt;
    const std::uint64_t skipped_before = skipped_;
    Outcome outcome = partial_.empty() ? next_whole() : next_gathered();
    if (skipped_ == skipped_before) return outcome;
  }
}

std::optional<CapsuleReader::Header> CapsuleReader::parse_header(Bytes bytes) noexcept {
  const auto type = parse_varint(bytes);
  if (!type) return std::nullopt;
  const auto length = parse_varint(bytes.subspan(type->size));
  if (!length) return std::nullopt;
  return Header{static_cast<CapsuleType>(type->value), length->value, type->size + length->size};
}

CapsuleReader::Use CapsuleReader::use_of(const Header& header) noexcept {
  const bool fits = header.length <= kMaxCapsuleValue;
  switch (header.type) {
    case CapsuleType::Datagram:
      return fits ? Use::Read : Use::Skip;
    case CapsuleType::AddressAssign:
    case CapsuleType::AddressRequest:
    case CapsuleType::RouteAdvertisement:
    case CapsuleType::Notice:
    case CapsuleType::Why:
    case CapsuleType::Attest:
    case CapsuleType::Proof:
    case CapsuleType::Posture:
    case CapsuleType::Authorities:
    case CapsuleType::Probe:
      return fits ? Use::Read : Use::Refuse;
  }
  return Use::Skip;
}

void CapsuleReader::skip() {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, input_.size()));
  input_ = input_.subspan(size);
  skip_ -= size;
}

void CapsuleReader::begin_skip(std::uint64_t length) noexcept {
  skip_ = length;
  ++skipped_;
}

bool CapsuleReader::gather(std::size_t size) {
  if (partial_.size() < size) {
    const Bytes piece = input_.first(std::min(size - partial_.size(), input_.size()));
    append(partial_, piece);
    input_ = input_.subspan(piece.size());
  }
  return partial_.size() >= size;
}

CapsuleReader::Outcome CapsuleReader::next_whole() {
  const auto header = parse_header(input_);
  const Use use = header ? use_of(*header) : Use::Read;
  if (use == Use::Refuse) return refuse(CapsuleError::TooLong);
  if (use == Use::Skip) {
    input_ = input_.subspan(header->size);
    begin_skip(header->length);
    return std::nullopt;
  }
  if (!header || header->length > input_.size() - header->size) {
    gather(input_.size());
    return std::nullopt;
  }
  const auto length = static_cast<std::size_t>(header->length);
  const Capsule capsule{header->type, input_.subspan(header->size, length)};
  input_ = input_.subspan(header->size + length);
  return capsule;
}

std::optional<CapsuleReader::Header> CapsuleReader::gather_header() {
  for (;;) {
    if (const auto header = parse_header(partial_)) return header;
    if (!gather(partial_.size() + 1)) return std::nullopt;
  }
}

CapsuleReader::Outcome CapsuleReader::next_gathered() {
  const auto header = gather_header();
  if (!header) return std::nullopt;
  const Use use = use_of(*header);
  if (use == Use::Refuse) return refuse(CapsuleError::TooLong);
  if (use == Use::Skip) {
    // Only header octets are here: the header is looked at as soon as it is complete.
    partial_.clear();
    begin_skip(header->length);
    return std::nullopt;
  }
  if (!gather(header->size + static_cast<std::size_t>(header->length))) return std::nullopt;
  is_partial_used_ = true;
  return Capsule{header->type, Bytes{partial_}.subspan(header->size)};
}

CapsuleReader::Outcome CapsuleReader::refuse(CapsuleError error) {
  error_ = error;
  partial_ = {};
  input_ = {};
  return fail(error);
}

void append_capsule_header(ByteBuffer& out, CapsuleType type, std::size_t length) {
  append_varint(out, static_cast<std::uint64_t>(type));
  append_varint(out, length);
}

void append_capsule(ByteBuffer& out, CapsuleType type, Bytes value) {
  append_capsule_header(out, type, value.size());
  append(out, value);
}

}  // namespace sallyport
