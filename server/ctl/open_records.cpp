#include "server/ctl/open_records.hpp"

#include <utility>

namespace sallyport {

std::optional<OpenRecords> open_records(Ctl& ctl) {
  auto config = ctl.config();
  if (!config) return std::nullopt;
  auto store = Store::open(config->database());
  if (store) return OpenRecords{std::move(*config), std::move(*store)};
  ctl.console.fail(CtlExit::Failed, store.error().words);
  return std::nullopt;
}

}  // namespace sallyport
