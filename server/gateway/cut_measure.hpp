#pragma once

#include "server/session/session.hpp"

#include <optional>

namespace sallyport {

/// How long a session outlived what ended it; nullopt: an end that is not measured. To be called when it was closed:
/// reads both clocks, whose fractions of seconds the core does not know.
[[nodiscard]] std::optional<Cut> cut_of(const Session& session, EndReason reason,
                                        const std::optional<CutOrigin>& origin);
/// The same for a flow.
[[nodiscard]] Cut cut_of(const FlowCut& flow);

}  // namespace sallyport
