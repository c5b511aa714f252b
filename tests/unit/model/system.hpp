#pragma once

#include "client/session/session.hpp"
#include "server/gateway/address_book.hpp"
#include "server/gateway/address_directory.hpp"
#include "server/gateway/clock_floor.hpp"
#include "server/gateway/proof_desk.hpp"
#include "server/gateway/session_opening.hpp"
#include "server/gateway/session_places.hpp"
#include "server/gateway/session_sweep.hpp"
#include "server/session/session.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/unit/model/policy_plan.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sallyport::model {

/// Keys and authorities, made once: they cost more than everything else.
struct Pki {
  Pki();
  TestPki ours;
  TestPki foreign;
  std::vector<PrivateKey> keys;  ///< of the devices, and one of a thief
};

/// The real system in memory: store, trust, admission, registry, sessions of both sides, joined by byte queues that a
/// test holds up, and clocks that only a test moves. What is written here beside calls of the product is the glue that
/// Gateway and Worker have on their threads: the control thread, and two workers.
class System {
 public:
  /// What the reference cannot foresee, because the gateway chooses the moment.
  struct Hooks {
    std::function<void(int connection, int nonce)> challenged;
    std::function<void(int connection, int nonce, Forgery forgery, const Report& report, Code code)> answered;
    std::function<void(int connection, std::string_view result)> judged;
  };
  enum class State { Handshaken, Awaiting, Verifying, Online, Ended };

  System(const Pki& pki, Hooks hooks);

  void set_clocks(const Clocks& clocks) { now_ = clocks.now(); }

  // --- records ---
  CertificatePlan issue(int device, int user, std::chrono::seconds lifetime);
  CertificatePlan issue_foreign(int device, int user);
  void enrol(const CertificatePlan& certificate);
  bool renew(const std::string& presented, const CertificatePlan& next);
  void set_state(int device, DeviceState state);
  [[nodiscard]] std::set<std::string> revoked_on_record();
  void disable_person(int user);
  void enable_person(int user);
  void take_secret(int user);

  // --- connections ---
  /// False: TLS refused.
  bool shake_hands(int connection, const CertificatePlan& certificate, int source, bool attests, bool asks);
  /// The name of the refusal, or "".
  std::string admit(int connection);
  [[nodiscard]] std::string address_of(int connection) const;
  void partition(int device, bool is_cut) { devices_[device].partitioned = is_cut; }
  void vanish(int connection) { links_.at(connection)->vanished = true; }
  void close(int connection);
  void end_by_admin(int connection);
  /// Everything but the store and the files is lost. False: it does not start, and nothing was done.
  bool restart();

  // --- what the laptop does ---
  void listen(int device, bool answers) { devices_[device].answers = answers; }
  void plug(int device, bool has_key) { devices_[device].has_key = has_key; }
  void report(int device, const Report& report) { devices_[device].report = report; }
  /// The challenge that was not answered; nullopt when there is none.
  [[nodiscard]] std::optional<int> held(int connection) const;
  /// The code that went with it.
  Code answer_held(int connection, Forgery forgery);
  /// The last answer that this connection gave goes over `to`; -1: it gave none. Its nonce.
  int replay(int connection, int to);
  /// A code to be sent with the next answer.
  void type(int connection, Code code);
  void send_bytes(int connection, Bytes bytes);
  /// Through the client, as an application would.
  void send_packet(int connection, Bytes packet);

  // --- what the administrator does ---
  void use_policy(const PolicyPlan& policy);
  /// False: it was not taken.
  bool use_list(std::uint64_t number, WallTime issued, WallTime due, const std::vector<std::string>& revoked,
                bool is_forged);
  void sweep();
  void accept_clock();

  /// What all threads do about the time.
  void tick();
  /// Carries everything that the network lets through.
  void pump();
  /// A packet from the office. True: the gateway sent it on.
  bool packet_to(const std::string& address, Bytes packet);
  /// In how many seconds something is to be done about the time; at least 1.
  [[nodiscard]] std::int64_t next_due() const;

  [[nodiscard]] std::optional<State> state_of(int connection) const;
  [[nodiscard]] const Session* session_of(int connection) const;
  [[nodiscard]] int owner_of(const std::string& address) const;
  [[nodiscard]] WallTime trusted() { return floor_.at(now_); }
  [[nodiscard]] std::vector<int> connections() const;

  std::vector<ByteBuffer> at_office;  ///< what passed, since it was taken
  std::vector<ByteBuffer> at_laptop;

 private:
  struct Link {
    int number = 0;
    int device = 0;
    PeerIdentity peer{};
    IpAddress source{};
    ChannelValue channel{};
    ClientSession client;
    std::unique_ptr<Session> session{};  ///< null: not admitted yet
    WorkerNumber worker{};
    ByteBuffer to_gateway{};
    ByteBuffer to_client{};
    ByteBuffer reading{};
    std::optional<AttestChallenge> held{};
    std::optional<AttestAnswer> last_answer{};
    Code typed = Code::None;
    bool asks = true;
    bool vanished = false;
    bool closing = false;  ///< the client's last octet is in to_gateway

    [[nodiscard]] const SessionGrant& grant() const { return session->grant(); }
  };
  static constexpr std::size_t kWorkers = 2;
  struct Workers {
    SessionPlaces places{kWorkers};
    AddressDirectory directory;
    std::array<AddressBook<Link>, kWorkers> books;
  };
  struct Laptop {
    bool partitioned = false;
    bool answers = true;
    bool has_key = true;
    Report report{};
  };

  [[nodiscard]] bool is_blocked(const Link& link) const;
  bool carry_to_gateway(Link& link);
  bool carry_to_client(Link& link);
  void settle(Link& link);
  void take_over(Link& link);
  void note_started(SessionId session);
  void judge(Link& link, const Session::ProofOffered& offered);
  Code answer(Link& link, const AttestChallenge& challenge, Forgery forgery);
  void hear(Link& link);
  void finish(Link& link);
  [[nodiscard]] std::string body_of(const Link& link) const;
  [[nodiscard]] std::string code_of(const UserId& user, Code code);
  void end(SessionId session, EndReason reason);
  void bury(bool at_once);
  [[nodiscard]] Link* find(SessionId session);
  [[nodiscard]] AddressBook<Link>& book_of(const Link& link) { return workers_->books[index_of(link.worker)]; }
  void place(Link& link);
  void remove(SessionId session);
  [[nodiscard]] bool load_trust(const std::string& list, WallTime now);

  const Pki& pki_;
  Hooks hooks_;
  Now now_;
  TemporaryDirectory directory_;
  GatewayConfig config_;
  std::optional<Store> store_;
  std::unique_ptr<SessionRegistry> registry_;
  std::shared_ptr<const TrustBundle> trust_;
  std::string list_;
  HighWaterMark mark_;
  std::shared_ptr<const Policy> policy_ = Policy::deny_all();
  ProofDesk proofs_;
  ClockFloor floor_;
  std::unique_ptr<Workers> workers_ = std::make_unique<Workers>();
  std::size_t queue_ = 0;  ///< the one that the last packet from the office came through
  std::map<int, std::unique_ptr<Link>> links_;
  std::map<int, Laptop> devices_;
  std::map<std::string, CertificateInfo> certificates_;  ///< by serial
  std::uint32_t nonces_ = 0;
  std::map<UserId, int> secrets_;            ///< the number of the present one
  std::map<UserId, std::string> old_codes_;  ///< the last accepted one of a user
};

}  // namespace sallyport::model
