#pragma once

#include "tests/system/support/fixture.hpp"

#include <string>

namespace sallyport::lab {

/// What a plain EST client came home with.
struct Bought {
  int status = 0;           ///< HTTP; 0: there was no answer
  std::string answer;       ///< the body
  std::string certificate;  ///< file of the certificate in PEM; empty: none
  std::string serial;       ///< lower-case hexadecimal
  std::string subject;      ///< subject and alternative names, as openssl prints them
};

/// SALLYPORT_KILL_TRIES: how often a gateway is killed while it changes what it must not forget; usually 30.
[[nodiscard]] int kill_tries();

/// A lab whose gateway gives out certificates, and clients that are curl and openssl alone.
class CertificateLab : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }

  /// Writes [enrolment] into the gateway's configuration, whatever it said there, and starts the gateway anew.
  void open_door(const std::string& settings);
  void restart_gateway();
  /// The document of `tokens create` for ana@example.com.
  json make_token(const Words& more = {});
  /// `sallyport enroll` on the laptop by the command line of that document.
  Ran enroll(const json& token, const Words& more = {"--replace"});

  /// A key and a request made by openssl: NAME.key, NAME.b64 in the lab.
  void make_request(const std::string& name, const std::string& subject = "/CN=anything");
  [[nodiscard]] Words buy_command(const std::string& name, const std::string& token, const std::string& user = {});
  [[nodiscard]] Words renew_command(const std::string& name, const std::string& by);
  /// What came of such a command, once it has run.
  Bought take(const std::string& name);
  Bought buy(const std::string& name, const std::string& token, const std::string& user = {});
  /// Renews the certificate BY.pem with the key BY.key by the request NAME.b64.
  Bought renew(const std::string& name, const std::string& by);

  [[nodiscard]] json devices() { return lab().ctl({"--json", "devices", "list"}).last_line()["devices"]; }
  [[nodiscard]] json device(const std::string& id);
  [[nodiscard]] json tokens() { return lab().ctl({"--json", "tokens", "list"}).last_line()["tokens"]; }

 private:
  [[nodiscard]] Words curl(const std::string& name, std::uint16_t port, const std::string& operation,
                           const Words& more);
};

}  // namespace sallyport::lab
