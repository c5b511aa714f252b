#include "server/gateway/outlook_keeper.hpp"

#include "server/trust/lockout.hpp"

namespace sallyport {

void OutlookKeeper::look_ahead(bool warn) {
  const auto devices = store_.devices();
  if (!devices) return;
  const auto& trust = snapshot_.trust;
  const Now now = clock_.now();
  const ForecastInput input{.bundle = trust.bundle.get(),
                            .gateway = &trust.context->credentials().leaf(),
                            .gateway_name = snapshot_.config.name,
                            .devices = *devices,
                            .renews = trust.enrolment != nullptr};
  outlook_.set(forecast(input, now.wall, kForecastHorizon), now, warn);
  if (!warn) return;
  for (const auto& warning : outlook_.warnings()) {
    log_.event(Level::Warning, "trust.forecast", warning.words, {{"at", format_utc(warning.at)}});
  }
}

void OutlookKeeper::handle_timeout() {
  if (outlook_.is_due(clock_.now().steady)) look_ahead(true);
}

const Outlook& OutlookKeeper::fresh_outlook(Duration most) {
  if (outlook_.is_stale(clock_.now().steady, most)) look_ahead(false);
  return outlook_;
}

}  // namespace sallyport
