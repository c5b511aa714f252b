#pragma once

#include <functional>
#include <set>
#include <string>

namespace sallyport {

/// What collectors looked at in the file system: a change there may change what they find.
struct Looks {
  std::set<std::string, std::less<>> read;     ///< their content counts
  std::set<std::string, std::less<>> found;    ///< only whether they are there, and where they lead
  std::set<std::string, std::less<>> folders;  ///< listed: every name in them counts
};

}  // namespace sallyport
