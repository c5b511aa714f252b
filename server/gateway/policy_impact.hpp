#pragma once

#include "common/base/ids.hpp"
#include "server/flow/flow_impact.hpp"

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace sallyport {

/// A live session that a candidate policy would take something from.
struct SessionImpact {
  SessionId session{};
  UserId user;
  DeviceId device;
  FlowImpact flows;
  bool loses_access = false;  ///< something it may reach now, in use or not
};

/// What a candidate policy would do to the sessions that live now.
struct PolicyImpact {
  std::size_t sessions = 0;  ///< looked at
  std::size_t flows_cut = 0;
  std::vector<SessionImpact> cut;  ///< those that would lose access, with or without a flow that uses it

  void add(SessionImpact impact) {
    ++sessions;
    if (impact.flows.cut == 0 && !impact.loses_access) return;
    flows_cut += impact.flows.cut;
    cut.push_back(std::move(impact));
  }
  void add(PolicyImpact other) {
    sessions += other.sessions;
    flows_cut += other.flows_cut;
    cut.insert(cut.end(), std::make_move_iterator(other.cut.begin()), std::make_move_iterator(other.cut.end()));
  }
};

}  // namespace sallyport
