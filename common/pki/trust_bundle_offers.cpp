#include "common/pki/distinguished_name.hpp"
#include "common/pki/trust_bundle.hpp"
#include "common/pki/trust_checks.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport {
namespace {

/// "block 2, a list of CN=Corp: the revocation list is not version 2".
std::string words_for(const UnreadList& unread, std::size_t blocks) {
  std::string place = blocks == 1 ? std::string{} : "block " + std::to_string(unread.place);
  if (const auto issuer = describe_name(unread.issuer_der); issuer && !unread.issuer_der.empty()) {
    place += (place.empty() ? "a list of " : ", a list of ") + *issuer;
  }
  return place.empty() ? unread.error.words : place + ": " + unread.error.words;
}

}  // namespace

/// What a source has, all its files together.
struct TrustBundle::Look {
  struct Unread {
    ByteBuffer issuer_der;  ///< empty: it may be anybody's who has no good list here
    std::string words;
  };
  bool is_whole = true;           ///< all that it has could be looked at
  std::set<std::string> covered;  ///< key ids of authorities of which it has a good list
  std::vector<Unread> unread;
};

/// True when something changed.
bool TrustBundle::take_all(std::size_t rules, const std::vector<OfferedList>& offered, WallTime now) {
  std::map<std::string, Look> looks;
  bool is_newer = false;
  for (const OfferedList& each : offered) is_newer |= take_offered(rules, each, now, looks[each.source]);
  looks.erase(std::string{});
  return note_unread(rules, looks) || is_newer;
}

/// True when something newer than before was taken.
bool TrustBundle::take_offered(std::size_t rules, const OfferedList& offered, WallTime now, Look& look) {
  const auto add_fault = [&](TrustError error) { faults_.push_back({offered.origin, std::move(error)}); };
  auto read = read_revocation_lists(offered.content);
  if (!offered.error.empty() || !read) {
    look.is_whole = false;
    add_fault({TrustProblem::MalformedCrl, offered.error.empty() ? read.error().words : offered.error});
    return false;
  }
  bool is_newer = false;
  for (RevocationList& list : read->lists) {
    const auto signer = judge_list(list, rules, now);
    if (!signer) {
      add_fault(signer.error());
      continue;
    }
    look.covered.insert(ids_[*signer]);
    is_newer |= take_newer(std::move(list), *signer);
  }
  for (UnreadList& unread : read->unread) {
    auto words = words_for(unread, read->lists.size() + read->unread.size());
    add_fault({TrustProblem::MalformedCrl, words});
    // What is being written at this moment is looked at once more.
    if (unread.is_whole) look.unread.push_back({std::move(unread.issuer_der), offered.origin + ": " + words});
    look.is_whole &= unread.is_whole;
  }
  return is_newer;
}

bool TrustBundle::take_newer(RevocationList list, std::size_t signer) {
  const auto place = list_index(signer);
  if (place && !(entry_of(lists_[*place]) < entry_of(list))) return false;
  mark_.raise(ids_[signer], entry_of(list));
  if (place) {
    lists_[*place] = std::move(list);
  } else {
    lists_.push_back(std::move(list));
    list_signers_.push_back(signer);
  }
  return true;
}

/// Of the authorities that were added last. A place that is configured no more says nothing.
void TrustBundle::keep_unread(const std::vector<std::string>& sources, const std::vector<UnreadSource>& unread) {
  for (const UnreadSource& each : unread) {
    const bool is_there = std::find(sources.begin(), sources.end(), each.source) != sources.end();
    if (is_there && has_key(rules_.size() - 1, each.authority)) unread_.push_back(each);
  }
}

/// True when something changed.
bool TrustBundle::note_unread(std::size_t rules, const std::map<std::string, Look>& looks) {
  std::vector<UnreadSource> next;
  const auto add = [&next](UnreadSource unread) {
    const bool is_there = std::any_of(next.begin(), next.end(), [&unread](const UnreadSource& each) {
      return each.authority == unread.authority && each.source == unread.source;
    });
    if (!is_there) next.push_back(std::move(unread));
  };
  for (const UnreadSource& before : unread_) {
    const auto look = looks.find(before.source);
    if (!has_key(rules, before.authority) || look == looks.end() || !look->second.is_whole) add(before);
  }
  for (const auto& [source, look] : looks) {
    for (const auto& each : look.unread) {
      for (std::size_t i = 0; i < authorities_.size(); ++i) {
        const bool is_its =
            each.issuer_der.empty() ? !look.covered.contains(ids_[i]) : authorities_[i].subject_der == each.issuer_der;
        if (rules_of_[i] == rules && is_its) add({ids_[i], source, each.words});
      }
    }
  }
  return std::exchange(unread_, next) != next;
}

TrustBundle::Offer TrustBundle::offer(std::string_view name, const std::vector<OfferedList>& lists,
                                      WallTime now) const {
  const auto rules =
      std::find_if(rules_.begin() + 1, rules_.end(), [name](const AuthorityRules& each) { return each.name == name; });
  if (rules == rules_.end()) return {};
  auto next = std::shared_ptr<TrustBundle>(new TrustBundle{*this});
  next->faults_.clear();
  const bool is_changed = next->take_all(static_cast<std::size_t>(rules - rules_.begin()), lists, now);
  Offer result{nullptr, next->faults_};
  if (is_changed) result.newer = std::move(next);
  return result;
}

}  // namespace sallyport
