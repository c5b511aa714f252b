#pragma once

#include "common/base/file.hpp"
#include "server/config/gateway_config.hpp"
#include "server/store/store.hpp"

#include <sys/types.h>

#include <string>

namespace sallyport {

/// Makes the state directory (0700) when it is missing, and the directory of the authority in it: only its own user
/// writes there, the gateway may read the certificate.
[[nodiscard]] Result<void, FileError> make_state_directories(const GatewayConfig& config);

/// Run by root, gives a file to the user who owns the state directory: the gateway, which runs as that user, must be
/// able to read what the administrator's tool wrote.
[[nodiscard]] Result<void, FileError> give_to_gateway(const GatewayConfig& config, const std::string& path);

/// What give_to_gateway() does, for another user; by root alone. Refuses whatever is not the only name of a plain file:
/// who may write in its directory could have put somebody else's there.
[[nodiscard]] Result<void, FileError> give_file(const std::string& path, uid_t owner, gid_t group);

/// write_file_atomically(), then give_to_gateway().
[[nodiscard]] Result<void, FileError> write_for_gateway(const GatewayConfig& config, const std::string& path,
                                                        std::string_view content, mode_t mode);

/// The store, made when there is none.
[[nodiscard]] Result<Store, StoreError> make_store(const GatewayConfig& config);

}  // namespace sallyport
