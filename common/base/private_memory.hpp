#pragma once

namespace sallyport {

/// Keeps the keys of this process out of core files and away from ptrace by others than root. Does nothing in a build
/// with AddressSanitizer, whose leak checker needs ptrace.
void keep_memory_private() noexcept;

}  // namespace sallyport
