#pragma once

#include "common/base/time.hpp"
#include "common/ip/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport {

enum class FragmentVerdict : std::uint8_t {
  Pass,
  NoFirst,  ///< a later fragment without a first one that passed before it
  Overlap,  ///< the whole datagram is poisoned: RFC 5722
};

/// Which octets of fragmented datagrams have passed. Bounded; the datagram begun longest ago makes room.
class FragmentTable {
 public:
  /// Gaps between the fragments of one datagram. Senders fragment in order, so one is usual.
  static constexpr std::size_t kMaxGaps = 8;

  FragmentTable(std::size_t capacity, Duration lifetime) : capacity_{capacity}, lifetime_{lifetime} {}

  /// `fragment` is a first fragment that policy lets pass until `valid_until`.
  [[nodiscard]] FragmentVerdict admit_first(const PacketView& fragment, WallTime valid_until, Now now);
  /// `fragment` passed before and had to wait since; policy lets it pass until `valid_until` now.
  [[nodiscard]] FragmentVerdict admit_first_again(const PacketView& fragment, WallTime valid_until, Now now);

  struct Later {
    FragmentVerdict verdict = FragmentVerdict::NoFirst;
    WallTime valid_until{};  ///< of the first one, by which it passes
  };
  [[nodiscard]] Later admit_later(const PacketView& fragment, Now now) noexcept;
  /// `fragment` passed before and had to wait since.
  [[nodiscard]] Later admit_later_again(const PacketView& fragment, Now now) noexcept;

  void clear() noexcept { datagrams_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return datagrams_.size(); }

 private:
  /// What reassembly goes by: RFC 791 3.2; RFC 8200 4.5, where the next header does not count.
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Piece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  struct Datagram {
    Key key;
    TimePoint begun;
    WallTime valid_until;
    std::uint32_t end = 0;  ///< 0 while the last fragment is unknown
    std::uint8_t pieces = 0;
    bool is_poisoned = false;
    std::array<Piece, kMaxGaps> passed{};  ///< `pieces` of them, sorted, disjoint, not touching
  };

  [[nodiscard]] static Key key_of(const PacketView& fragment) noexcept;
  [[nodiscard]] static Piece piece_of(const PacketView& fragment) noexcept;
  /// All of its octets have.
  [[nodiscard]] static bool has_passed(const Datagram& datagram, const PacketView& fragment) noexcept;
  [[nodiscard]] static bool add_piece(Datagram& datagram, const PacketView& fragment) noexcept;
  [[nodiscard]] static bool insert_piece(Datagram& datagram, Piece piece) noexcept;
  [[nodiscard]] static bool is_complete(const Datagram& datagram) noexcept;
  [[nodiscard]] Datagram* find(const Key& key, TimePoint now) noexcept;
  [[nodiscard]] Datagram& make_room();
  [[nodiscard]] FragmentVerdict admit(Datagram& datagram, const PacketView& fragment) noexcept;
  void remove(Datagram& datagram) noexcept;

  std::size_t capacity_;
  Duration lifetime_;
  std::vector<Datagram> datagrams_;
};

}  // namespace sallyport
