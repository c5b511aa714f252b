#pragma once

#include "server/gateway/est_message.hpp"
#include "server/gateway/handshake_service.hpp"
#include "server/gateway/verified_connection.hpp"
#include "server/gateway/worker_message.hpp"
#include "server/revocation/source_report.hpp"

#include <variant>

namespace sallyport {

/// What the other threads tell the control thread.
using ControlMessage =
    std::variant<VerifiedConnection, RefusedHandshake, WorkerReport, EstAsked, EstRefused, SourceReport>;

}  // namespace sallyport
