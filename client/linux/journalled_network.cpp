#include "client/linux/journalled_network.hpp"

#include <algorithm>

namespace sallyport {
namespace {

bool holds(const NetworkChanges& changes, const NetworkChange& change) {
  return std::find(changes.begin(), changes.end(), change) != changes.end();
}

/// The name of the interface that `change` is, or is on; null: it is on none.
template <class Change>
auto* interface_in(Change& change) {
  if (auto* made = std::get_if<TunnelInterface>(&change)) return &made->name;
  if (auto* added = std::get_if<TunnelAddress>(&change)) return &added->interface;
  auto* route = std::get_if<Route>(&change);
  return route == nullptr ? nullptr : &route->interface;
}

/// Undoes changes where their interfaces are now.
class Undoing {
 public:
  Undoing(const NetworkChanges& recorded, NetworkChanger& changer, const KnownNetwork& known)
      : recorded_{recorded}, changer_{changer}, known_{known} {}

  Result<void, SystemError> operator()(NetworkChange change) {
    auto* const name = interface_in(change);
    if (name == nullptr) return changer_.undo(change);
    const auto& place = place_of(*name);
    if (!place) return fail(place.error());
    // What was on it went with it.
    if (!*place) {
      changer_.note_gone(change);
      return {};
    }
    *name = **place;
    return changer_.undo(change);
  }

 private:
  using Place = Result<std::optional<std::string>, SystemError>;

  const Place& place_of(const std::string& name) {
    if (asked_ && asked_->first == name) return asked_->second;
    Place place{std::nullopt};
    if (known_.interface == name) return asked_.emplace(name, known_.interface).second;
    for (const auto& change : recorded_) {
      const auto* made = std::get_if<TunnelInterface>(&change);
      if (made != nullptr && made->name == name) place = changer_.find(*made);
    }
    return asked_.emplace(name, std::move(place)).second;
  }

  const NetworkChanges& recorded_;
  NetworkChanger& changer_;
  const KnownNetwork& known_;
  std::optional<std::pair<std::string, Place>> asked_;  ///< last
};

/// What is in `changes` and not in `others`, in the order of `changes`.
NetworkChanges without(const NetworkChanges& changes, const NetworkChanges& others) {
  NetworkChanges rest;
  std::copy_if(changes.begin(), changes.end(), std::back_inserter(rest),
               [&](const NetworkChange& change) { return !holds(others, change); });
  return rest;
}

NetworkFailure failure(const char* what, const NetworkChange& change, const SystemError& error) {
  return {std::string{what} + ' ' + describe(change) + ": " + error.message};
}

NetworkFailure journal_failure(const FileError& error) { return {to_string(error)}; }

}  // namespace

Result<void, NetworkFailure> JournalledNetwork::become(const NetworkChanges& wanted, const KnownNetwork& known) {
  const auto missing = without(wanted, applied_);
  // That it was applied once does not say that it is still there.
  const auto put_back = restore(known.is_whole ? NetworkChanges{} : without(wanted, missing));
  if (auto added = add(missing); !added) return added;
  auto removed = remove(without(applied_, wanted), known);
  if (!put_back) return fail(put_back.error());
  return removed;
}

Result<std::size_t, NetworkFailure> JournalledNetwork::restore(const NetworkChanges& changes) {
  const auto put_back = changer_.restore(changes);
  restored_ += put_back.count;
  if (put_back.failure)
    return fail(NetworkFailure{"cannot put back what another program took away: " + put_back.failure->message});
  return put_back.count;
}

Result<void, NetworkFailure> JournalledNetwork::add(const NetworkChanges& changes) {
  auto recorded = journal_.changes();
  for (const auto& change : changes) {
    if (holds(recorded, change)) continue;
    if (const auto free = changer_.check(change); !free) return fail(failure("cannot add", change, free.error()));
    recorded.push_back(change);
  }
  if (recorded.size() != journal_.changes().size()) {
    if (const auto written = journal_.replace(std::move(recorded)); !written) {
      return fail(journal_failure(written.error()));
    }
  }
  if (changes.size() > 1 && changer_.apply_together(changes)) {
    applied_.insert(applied_.end(), changes.begin(), changes.end());
    return {};
  }
  for (const auto& change : changes) {
    if (const auto done = changer_.apply(change); !done) return fail(failure("cannot add", change, done.error()));
    applied_.push_back(change);
  }
  return {};
}

Result<void, NetworkFailure> JournalledNetwork::remove(const NetworkChanges& changes, const KnownNetwork& known) {
  if (changes.empty()) return {};
  std::optional<NetworkFailure> first;
  NetworkChanges undone;
  changer_.before_undoing(changes);
  Undoing undo{journal_.changes(), changer_, known};
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (const auto done = undo(*change); done) {
      undone.push_back(*change);
    } else if (!first) {
      first = failure("cannot remove", *change, done.error());
    }
  }
  applied_ = without(applied_, undone);
  if (const auto written = journal_.replace(without(journal_.changes(), undone)); !written && !first) {
    first = journal_failure(written.error());
  }
  if (first) return fail(*first);
  return {};
}

Result<void, NetworkFailure> JournalledNetwork::undo_all(const KnownNetwork& known) {
  auto undone = remove(NetworkChanges{journal_.changes()}, known);
  if (undone && applied_.empty()) changer_.note_all_undone();
  return undone;
}

}  // namespace sallyport
