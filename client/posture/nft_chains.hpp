#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace sallyport {

using NftChainName = std::tuple<std::string, std::string, std::string>;  ///< family, table, chain

/// What one rule does to a packet that meets none of its conditions on purpose.
struct NftStep {
  enum class Kind {
    Skip,      ///< nothing that counts here
    Accept,    ///< lets everything in, or hands it to somebody who may
    Stop,      ///< drops or rejects everything
    Jump,      ///< `target`, and back
    Goto,      ///< `target`, and not back
    Return,    ///< leaves the chain
    MayLeave,  ///< leaves the chain under a condition
  };
  Kind kind = Kind::Skip;
  std::string target{};  ///< of Jump and Goto: a chain of the same table
};

/// The chains of a ruleset. Pure; how deep and how far one is followed is bounded.
class NftChains {
 public:
  void add(NftChainName name) { chains_.try_emplace(std::move(name)); }
  void add(const NftChainName& chain, NftStep step) { chains_[chain].push_back(std::move(step)); }

  /// Whether all that enters base chain `name` and meets no condition is dropped: by a rule, or, when it reaches the
  /// end, by `policy_drops`. False when that cannot be followed. `steps` counts those of all calls, which are bounded
  /// together.
  [[nodiscard]] bool closes(const NftChainName& name, bool policy_drops, std::size_t& steps) const;

 private:
  struct Outcome {
    bool opens = false;  ///< something is let in, or could not be followed
    bool falls = false;  ///< something leaves the chain undecided
  };
  [[nodiscard]] Outcome follow(const NftChainName& name, int depth, std::size_t& steps) const;

  std::map<NftChainName, std::vector<NftStep>> chains_;
};

}  // namespace sallyport
