#pragma once

#include "client/config/client_config.hpp"
#include "client/enrolment/est_exchange.hpp"
#include "client/session/path_limits.hpp"

#include <functional>

namespace sallyport {

/// Makes the engine of one connection; the error ends the call.
using EngineMaker = std::function<Result<std::unique_ptr<Engine>, TlsError>()>;

/// Connects to the first address of `place` that answers, sends `request` and waits for the answer, 20 seconds in all.
/// Where the handshake is swallowed on the way, it begins anew with smaller segments, which `paths` keeps for the next
/// call; the request is sent once.
[[nodiscard]] Result<EstResponse, EstFailure> call_est(const GatewayEndpoint& place, const EngineMaker& make_engine,
                                                       const ByteBuffer& request, PathLimits& paths);

}  // namespace sallyport
