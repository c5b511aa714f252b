#pragma once

#include "client/session/session.hpp"
#include "server/policy/loader.hpp"
#include "server/session/session.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/support/tls_pair.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// A policy from text. Aborts the test program when it does not load.
[[nodiscard]] std::shared_ptr<const Policy> policy_from(const std::string& text);

/// Client and gateway, each with its real session and real TLS engine, joined by memory and a clock that only the test
/// moves. Either direction can be cut after any number of ciphertext octets.
class Conversation {
 public:
  explicit Conversation(const std::string& policy, Extensions client_extensions = Extensions::all());

  /// Carries octets both ways until nothing moves.
  void run();
  void pass_time(Duration time);
  /// Somebody sets the wall clock; no time passes.
  void set_wall_clock(std::chrono::seconds by) { now_.wall += by; }

  /// After this many more octets the direction delivers nothing but the end of the stream.
  void cut_client_after(std::size_t octets) { to_gateway_.allowance = octets; }
  void cut_gateway_after(std::size_t octets) { to_client_.allowance = octets; }

  void laptop_sends(const SuperPacket& packet);
  void office_sends(const SuperPacket& packet);
  /// What a session let in, this one or one before, and had to wait since.
  void office_sent(const SuperPacket& packet, const LetIn& let_in);
  void replace_policy(const std::string& policy);
  void end(EndReason reason);
  void use_limits(const SessionLimits& limits) { gateway_->use_limits(limits, now_); }
  void drain(std::chrono::seconds left);
  /// The laptop neither reads nor answers any more, though its system takes what comes.
  bool is_laptop_frozen = false;

  /// What the worker says of this session before its first octet: its number, and that an older one carries still.
  SessionId number{1};
  bool is_held = false;
  /// As the worker does once this session is verified. What comes late on `older` is judged here from then on.
  void take_over(Conversation& older);
  bool ask_why(const std::string& to);

  /// How the laptop answers challenges; honestly unless a test says otherwise, and not at all when it is empty.
  using Attester = std::function<std::optional<AttestAnswer>(const ChannelValue&, const AttestChallenge&)>;
  [[nodiscard]] std::optional<AttestAnswer> honest_answer(const ChannelValue& channel, const AttestChallenge& challenge,
                                                          const std::string& body = R"({"v":1})") const;
  Attester attester = [this](const ChannelValue& channel, const AttestChallenge& challenge) {
    return honest_answer(channel, challenge);
  };
  /// Somebody at the laptop typed a code: it goes into the next answer.
  void type_code(const ProofAttempt& attempt);
  /// The laptop says that its report has changed. False: this gateway cannot be told.
  bool tell_posture_changed();
  /// How the control thread judges codes; nullopt: not yet.
  using Judge = std::function<std::optional<ProofOutcome>(const Session::ProofOffered&)>;
  Judge judge = [](const Session::ProofOffered&) { return std::nullopt; };
  void settle_proof(const ProofOutcome& outcome);
  /// A session of the same device was proved on, or what was proved counts no more.
  void note_proof(std::optional<WallTime> proved);
  /// What the gateway has on record; before run().
  std::optional<WallTime> proof_on_record;
  /// What the gateway has to say of authorities when the laptop comes; before run().
  std::shared_ptr<const AuthorityAnnouncement> announcement;
  void announce(std::shared_ptr<const AuthorityAnnouncement> said);
  void ask_to_renew(std::chrono::seconds within);
  /// What the laptop makes of it, and answers; nullopt: nothing. `gateway` is the certificate at the other end.
  using AuthorityKeeper =
      std::function<std::optional<AuthorityReport>(const AuthorityAnnouncement&, const CertificateInfo& gateway)>;
  AuthorityKeeper authority_keeper;
  /// Plaintext from the laptop, whatever it is.
  void laptop_says(Bytes plaintext);
  /// Sends `answer` whether or not anything was asked.
  void laptop_attests(const AttestAnswer& answer);

  std::vector<ByteBuffer> at_office;  ///< what the gateway let through, super-packets as their segments
  std::vector<ByteBuffer> at_laptop;  ///< what the client gave to its applications
  std::vector<ClientEvent> client_events;
  std::vector<Session::Event> gateway_events;

  template <class Event>
  [[nodiscard]] const Event* client_event() const {
    return last<Event>(client_events);
  }
  template <class Event>
  [[nodiscard]] const Event* gateway_event() const {
    return last<Event>(gateway_events);
  }

  [[nodiscard]] ClientSession& client() noexcept { return *client_; }
  [[nodiscard]] Session& gateway() noexcept { return *gateway_; }
  [[nodiscard]] Engine& client_engine() noexcept { return *tls_.client; }
  [[nodiscard]] Engine& gateway_engine() noexcept { return *tls_.server; }
  /// There is no session at the gateway, or it has ended.
  [[nodiscard]] bool gateway_is_over() const noexcept { return !gateway_ || gateway_->has_ended(); }
  [[nodiscard]] Now now() const noexcept { return now_; }
  [[nodiscard]] const TestPki& pki() const noexcept { return pki_; }
  [[nodiscard]] std::size_t client_sent() const noexcept { return to_gateway_.carried; }
  [[nodiscard]] std::size_t gateway_sent() const noexcept { return to_client_.carried; }

 private:
  struct Wire {
    std::size_t allowance = SIZE_MAX;
    std::size_t carried = 0;
    bool is_cut = false;
  };
  template <class Event, class Variant>
  static const Event* last(const std::vector<Variant>& events) {
    for (auto each = events.rbegin(); each != events.rend(); ++each) {
      if (const auto* found = std::get_if<Event>(&*each)) return found;
    }
    return nullptr;
  }
  bool carry(Engine& from, Wire& wire, Engine& to);
  void challenge();
  void answer(const AttestChallenge& challenge);
  void answer(const AuthorityAnnouncement& said);
  bool step_client();
  bool step_gateway();
  void read_client();
  void read_gateway();
  void seal_client();
  void seal_gateway();

  Now now_;
  TestPki pki_;
  TestIdentity device_;
  TlsPair tls_;
  std::uint8_t challenges_ = 0;
  std::optional<ProofAttempt> typed_;
  std::optional<ClientSession> client_;
  std::optional<Session> gateway_;
  Extensions client_extensions_;
  std::shared_ptr<const Policy> policy_;
  ByteBuffer client_plain_;
  ByteBuffer gateway_plain_;
  Wire to_gateway_;
  Wire to_client_;
  Conversation* successor_ = nullptr;
  bool client_lost_ = false;
  bool gateway_lost_ = false;
};

}  // namespace sallyport
