#include "server/flow/fragment_table.hpp"

#include <algorithm>

namespace sallyport {

FragmentVerdict FragmentTable::admit_first(const PacketView& fragment, WallTime valid_until, Now now) {
  if (capacity_ == 0) return FragmentVerdict::NoFirst;
  const Key key = key_of(fragment);
  if (Datagram* known = find(key, now.steady)) return admit(*known, fragment);
  Datagram& datagram = make_room();
  datagram = Datagram{.key = key, .begun = now.steady, .valid_until = valid_until};
  return admit(datagram, fragment);
}

FragmentVerdict FragmentTable::admit_first_again(const PacketView& fragment, WallTime valid_until, Now now) {
  Datagram* known = find(key_of(fragment), now.steady);
  if (known == nullptr || !has_passed(*known, fragment)) return admit_first(fragment, valid_until, now);
  known->valid_until = valid_until;
  return known->is_poisoned ? FragmentVerdict::Overlap : FragmentVerdict::Pass;
}

FragmentTable::Later FragmentTable::admit_later(const PacketView& fragment, Now now) noexcept {
  Datagram* datagram = find(key_of(fragment), now.steady);
  if (datagram == nullptr || now.wall >= datagram->valid_until) return {};
  const WallTime valid_until = datagram->valid_until;  // it may be gone in a moment
  return {admit(*datagram, fragment), valid_until};
}

FragmentTable::Later FragmentTable::admit_later_again(const PacketView& fragment, Now now) noexcept {
  const Datagram* known = find(key_of(fragment), now.steady);
  const bool is_known = known != nullptr && now.wall < known->valid_until && has_passed(*known, fragment);
  if (!is_known) return admit_later(fragment, now);
  return {known->is_poisoned ? FragmentVerdict::Overlap : FragmentVerdict::Pass, known->valid_until};
}

FragmentVerdict FragmentTable::admit(Datagram& datagram, const PacketView& fragment) noexcept {
  if (datagram.is_poisoned || !add_piece(datagram, fragment)) {
    datagram.is_poisoned = true;
    return FragmentVerdict::Overlap;
  }
  if (is_complete(datagram)) remove(datagram);
  return FragmentVerdict::Pass;
}

FragmentTable::Key FragmentTable::key_of(const PacketView& fragment) noexcept {
  const std::uint8_t protocol = fragment.is_v4() ? fragment.protocol() : std::uint8_t{0};
  return {fragment.source(), fragment.destination(), fragment.fragment().id, protocol};
}

FragmentTable::Piece FragmentTable::piece_of(const PacketView& fragment) noexcept {
  const std::uint32_t begin = fragment.fragment().offset;
  return {begin, begin + static_cast<std::uint32_t>(fragment.fragment_size())};
}

bool FragmentTable::has_passed(const Datagram& datagram, const PacketView& fragment) noexcept {
  const Piece piece = piece_of(fragment);
  return std::any_of(datagram.passed.begin(), datagram.passed.begin() + datagram.pieces,
                     [&](const Piece& each) { return each.begin <= piece.begin && piece.end <= each.end; });
}

/// False when the fragment contradicts what has passed.
bool FragmentTable::add_piece(Datagram& datagram, const PacketView& fragment) noexcept {
  const auto [begin, end] = piece_of(fragment);
  if (datagram.end != 0 && end > datagram.end) return false;
  if (!fragment.fragment().more) {
    if (datagram.pieces != 0 && datagram.passed[datagram.pieces - 1U].end > end) return false;
    datagram.end = end;
  }
  return insert_piece(datagram, {begin, end});
}

/// False when `piece` overlaps, or leaves more gaps than are tracked.
bool FragmentTable::insert_piece(Datagram& datagram, Piece piece) noexcept {
  const auto first = datagram.passed.begin();
  const auto last = first + datagram.pieces;
  const auto after = std::find_if(first, last, [&](const Piece& each) { return each.begin >= piece.begin; });
  const auto before = after == first ? last : after - 1;
  if (after != last && after->begin < piece.end) return false;
  if (before != last && before->end > piece.begin) return false;
  const bool joins_before = before != last && before->end == piece.begin;
  const bool joins_after = after != last && after->begin == piece.end;
  if (joins_before && joins_after) {
    before->end = after->end;
    std::move(after + 1, last, after);
    --datagram.pieces;
  } else if (joins_before) {
    before->end = piece.end;
  } else if (joins_after) {
    after->begin = piece.begin;
  } else {
    if (datagram.pieces == kMaxGaps) return false;
    std::move_backward(after, last, last + 1);
    *after = piece;
    ++datagram.pieces;
  }
  return true;
}

bool FragmentTable::is_complete(const Datagram& datagram) noexcept {
  return datagram.end != 0 && datagram.pieces == 1 && datagram.passed[0].begin == 0 &&
         datagram.passed[0].end == datagram.end;
}

FragmentTable::Datagram* FragmentTable::find(const Key& key, TimePoint now) noexcept {
  for (Datagram& datagram : datagrams_) {
    if (!(datagram.key == key)) continue;
    if (now - datagram.begun < lifetime_) return &datagram;
    remove(datagram);
    return nullptr;
  }
  return nullptr;
}

FragmentTable::Datagram& FragmentTable::make_room() {
  if (datagrams_.size() < capacity_) {
    // At once, so that later packets never allocate.
    datagrams_.reserve(capacity_);
    return datagrams_.emplace_back();
  }
  const auto oldest = std::min_element(datagrams_.begin(), datagrams_.end(),
                                       [](const Datagram& a, const Datagram& b) { return a.begun < b.begun; });
  return *oldest;
}

void FragmentTable::remove(Datagram& datagram) noexcept {
  datagram = datagrams_.back();
  datagrams_.pop_back();
}

}  // namespace sallyport
