#pragma once

#include "tests/system/support/fixture.hpp"

#include <optional>
#include <string>

namespace sallyport::lab {

/// A certificate authority that is nothing but openssl, in a folder of the lab: DIR/ca.pem, DIR/list.crl.
class ForeignCa {
 public:
  /// `lasts`: of the authority's own certificate.
  ForeignCa(const Lab& lab, std::string folder, const std::string& name = "Corp CA",
            Seconds lasts = Seconds{86400.0 * 400});

  /// NAME.pem and NAME.key for a person; the device is the common name.
  void issue(const std::string& name, const std::string& email, Seconds lasts = Seconds{86400.0 * 30},
             const std::string& common_name = {}) const;
  void revoke(const std::string& name) const;
  /// A new list.crl, good for that long, and dated that long ago.
  void publish(Seconds lasts = Seconds{86400.0 * 7}, Seconds age = Seconds{0}) const;

  [[nodiscard]] std::string path(const std::string& file) const { return lab_.path(folder_ + "/" + file); }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }

 private:
  void openssl(const Words& arguments, const std::string& alternative_name = "email:nobody@example.com") const;

  const Lab& lab_;
  std::string folder_;
};

/// A lab whose gateway trusts such an authority beside its own. The laptop has a certificate of it: ana-laptop of
/// ana@example.com, once install() was called.
class ForeignLab : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }

  /// The part of gateway.toml about `ca`, with `settings` at its end.
  [[nodiscard]] std::string section(const ForeignCa& ca, const std::string& settings) const;
  /// What gateway.toml said at first, with `sections` behind it.
  void configure(const std::string& sections);
  /// Gives the laptop NAME.pem and NAME.key.
  void install(const ForeignCa& ca, const std::string& name);
  void restart_gateway(const Words& more = {});
  [[nodiscard]] Ran try_start(const Words& more = {});
  /// `sallyport up`, and whether the allowed service is reached.
  [[nodiscard]] bool connects();
  [[nodiscard]] json status() { return lab().ctl({"--json", "status"}).last_line(); }
  /// The status of the one foreign authority.
  [[nodiscard]] json authority();
  [[nodiscard]] json source() { return authority()["sources"][0]; }
  [[nodiscard]] std::string gateway_log() { return lab().read("log/sallyport-gateway.log"); }

 private:
  std::string configuration_;
};

}  // namespace sallyport::lab
