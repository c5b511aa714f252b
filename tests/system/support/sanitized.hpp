#pragma once

namespace sallyport::lab {

/// The programs under test are built as the tests are. A sanitizer keeps what was freed for a while, to catch who still
/// uses it: how much memory a program holds then says nothing.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kKeepsFreedMemory = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kKeepsFreedMemory = true;
#else
inline constexpr bool kKeepsFreedMemory = false;
#endif
#else
inline constexpr bool kKeepsFreedMemory = false;
#endif

}  // namespace sallyport::lab
