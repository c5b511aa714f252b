#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// A second packet parser, written for plainness and sharing nothing with the first: the oracle of differential tests.
namespace sallyport::test {

struct NaivePacket {
  unsigned version = 0;
  std::vector<unsigned> source, destination;
  std::size_t total = 0;
  unsigned protocol = 0;
  bool fragmented = false;
  bool later = false;
  bool more = false;
  std::uint64_t id = 0;
  std::size_t offset = 0;
  std::size_t payload_at = 0;  ///< transport, or in a later fragment its data
  unsigned source_port = 0, destination_port = 0, flags = 0, icmp_type = 0, icmp_code = 0;
};

/// Reads octets by index; reading past the end spoils it instead of failing.
class NaiveReader {
 public:
  NaiveReader(const std::uint8_t* data, std::size_t size) : data_(data, data + size) {}
  unsigned at(std::size_t index) {
    if (index < data_.size()) return data_[index];
    spoiled_ = true;
    return 0;
  }
  unsigned pair(std::size_t index) { return at(index) * 256 + at(index + 1); }
  std::vector<unsigned> many(std::size_t index, std::size_t count) {
    std::vector<unsigned> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(at(index + i));
    return out;
  }
  void cut(std::size_t size) {
    if (size > data_.size())
      spoiled_ = true;
    else
      data_.resize(size);
  }
  [[nodiscard]] std::size_t size() const { return data_.size(); }
  [[nodiscard]] bool spoiled() const { return spoiled_; }

 private:
  std::vector<unsigned> data_;
  bool spoiled_ = false;
};

inline bool naive_v4(NaiveReader& in, NaivePacket& out) {
  const std::size_t header = (in.at(0) % 16) * 4;
  if (header < 20) return false;
  unsigned long sum = 0;
  for (std::size_t i = 0; i < header; i += 2) sum += in.pair(i);
  while (sum >= 65536) sum = sum % 65536 + sum / 65536;
  if (sum != 65535) return false;
  out.total = in.pair(2);
  if (out.total < header) return false;
  for (std::size_t i = 20; i < header && in.at(i) != 0;) {
    const unsigned kind = in.at(i);
    if (kind == 131 || kind == 137) return false;
    if (kind == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= header || in.at(i + 1) < 2 || i + in.at(i + 1) > header) return false;
    i += in.at(i + 1);
  }
  in.cut(out.total);
  out.id = in.pair(4);
  out.more = in.at(6) / 32 % 2 == 1;
  out.offset = (in.pair(6) % 8192) * 8;
  out.protocol = in.at(9);
  out.payload_at = header;
  out.source = in.many(12, 4);
  out.destination = in.many(16, 4);
  if (out.offset == 0 && !out.more) return true;
  const std::size_t carried = out.total - header;
  return carried > 0 && (!out.more || carried % 8 == 0) && header + out.offset + carried <= 65535;
}

inline bool naive_v6_options(NaiveReader& in, std::size_t from, std::size_t to) {
  while (from < to) {
    const unsigned kind = in.at(from);
    if (kind == 194 || kind == 201) return false;
    if (kind == 0) {
      from += 1;
      continue;
    }
    if (from + 1 >= to) return false;
    from += 2 + in.at(from + 1);
  }
  return from == to;
}

inline bool naive_v6(NaiveReader& in, NaivePacket& out) {
  out.total = 40 + in.pair(4);
  in.cut(out.total);
  out.source = in.many(8, 16);
  out.destination = in.many(24, 16);
  out.protocol = in.at(6);
  out.payload_at = 40;
  bool seen_fragment = false;
  for (int headers = 0;; ++headers) {
    const unsigned kind = out.protocol;
    if (kind != 0 && kind != 43 && kind != 44 && kind != 51 && kind != 60) break;
    if (headers == 8 || (kind == 0 && headers > 0) || (kind == 44 && seen_fragment)) return false;
    const std::size_t at = out.payload_at;
    const std::size_t length = kind == 44 ? 8 : kind == 51 ? in.at(at + 1) * 4 + 8 : in.at(at + 1) * 8 + 8;
    if (at + length > in.size()) return false;
    if (kind == 43 && (in.at(at + 2) == 0 || in.at(at + 3) != 0)) return false;
    if ((kind == 0 || kind == 60) && !naive_v6_options(in, at + 2, at + length)) return false;
    out.protocol = in.at(at);
    out.payload_at = at + length;
    if (kind != 44) continue;
    seen_fragment = true;
    out.offset = in.pair(at + 2) / 8 * 8;
    out.more = in.at(at + 3) % 2 == 1;
    out.id = std::uint64_t{in.pair(at + 4)} * 65536 + in.pair(at + 6);
    const std::size_t carried = in.size() - out.payload_at;
    if (out.offset == 0 && !out.more) continue;
    if (carried == 0 || (out.more && carried % 8 != 0)) return false;
    if (out.payload_at - 48 + out.offset + carried > 65535) return false;
    if (out.offset > 0) break;
  }
  return !in.spoiled();
}

inline bool naive_transport(NaiveReader& in, NaivePacket& out) {
  const std::size_t at = out.payload_at;
  const std::size_t size = in.size() - at;
  if (out.fragmented && size == 0) return false;
  if (out.protocol == 6 || out.protocol == 17) {
    out.source_port = in.pair(at);
    out.destination_port = in.pair(at + 2);
  }
  if (out.protocol == 6) {
    const std::size_t header = in.at(at + 12) / 16 * 4;
    out.flags = in.at(at + 13);
    return size >= 20 && header >= 20 && header <= size;
  }
  if (out.protocol == 17) return size >= 8 && in.pair(at + 4) >= 8 && (out.fragmented || in.pair(at + 4) <= size);
  if (out.protocol == (out.version == 4 ? 1U : 58U)) {
    out.icmp_type = in.at(at);
    out.icmp_code = in.at(at + 1);
    return size >= 8;
  }
  return true;
}

inline std::optional<NaivePacket> naive_parse(const std::uint8_t* data, std::size_t size) {
  NaiveReader in{data, size};
  NaivePacket out;
  out.version = in.at(0) / 16;
  if (out.version != 4 && out.version != 6) return std::nullopt;
  if (!(out.version == 4 ? naive_v4(in, out) : naive_v6(in, out)) || in.spoiled()) return std::nullopt;
  out.later = out.offset > 0;
  out.fragmented = out.later || out.more;
  if (out.later) {
    if (out.protocol == 6 && out.offset == 8) return std::nullopt;
    return out;
  }
  if (!naive_transport(in, out) || in.spoiled()) return std::nullopt;
  return out;
}

}  // namespace sallyport::test
