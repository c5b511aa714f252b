#pragma once

#include "client/linux/posture/system_root.hpp"
#include "client/posture/mount_table.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

inline constexpr std::size_t kMaxMountinfo = 4U << 20U;

/// Called for every name on the way: it is looked up in `folder`, which is free of links; "" is the root.
using OnStep = std::function<void(const std::string& folder, const std::string& name)>;

/// `path` without links, followed one by one so that none leads where nobody may look: whatever an automounter would
/// have to mount first. Nullopt: one does.
[[nodiscard]] std::optional<std::string> walk_path(const SystemRoot& root, const std::vector<Mount>& mounts,
                                                   std::string path, const OnStep& on_step = {});

}  // namespace sallyport
