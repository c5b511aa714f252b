#pragma once

#include "common/base/deadline_queue.hpp"
#include "common/uv/loop_thread.hpp"
#include "common/uv/mailbox.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/address_book.hpp"
#include "server/gateway/connection.hpp"
#include "server/gateway/inside_counts.hpp"
#include "server/gateway/packet_exchange.hpp"
#include "server/gateway/worker_message.hpp"
#include "tun/lanes.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// One thread with one loop, one share of the TUN interface and its sessions. A session stays on its worker for life.
class Worker {
  /// A list of flows in the making: sessions still to be looked through, the last one from `slot` on.
  struct FlowWalk {
    std::vector<SessionId> sessions;
    std::size_t limit;
    std::size_t slot = 0;
    report::Flows found;
  };

 public:
  /// Called on the worker's thread.
  using Reporter = std::function<void(WorkerReport&&)>;

  /// `port`: its way to the other workers, if there are any.
  Worker(TunLanes inside, std::shared_ptr<const Policy> policy, Reporter report, const SessionLimits& limits = {},
         ExchangePort port = {});
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start() { thread_.start(); }
  /// Waits for its thread to end. Idempotent.
  void stop() { thread_.stop(); }
  /// The kernel's number of its thread. Requires start().
  [[nodiscard]] pid_t thread() const noexcept { return thread_.id(); }

  /// From any thread. False when the worker cannot keep up: the command was not taken.
  [[nodiscard]] bool post(WorkerCommand&& command) { return commands_.post(std::move(command)); }
  /// The same for commands that must arrive: all but adoptions, which bound their number.
  void push(WorkerCommand&& command) { commands_.push(std::move(command)); }
  /// From any thread: how many command::Beat it has carried out.
  [[nodiscard]] std::uint64_t beats() const noexcept { return beats_.load(); }

 private:
  void run(command::Adopt& adopt);
  void run(command::ReplacePolicy& replace);
  void run(command::NoteRevocation& note);
  void run(command::End& end);
  void run(command::List& list);
  void run(command::Measure& measure);
  void run(command::ListFlows& list);
  void run(command::WatchDecisions& watch);
  void run(command::SettleProof& settle);
  void run(command::NoteProof& note);
  void run(command::ReplaceLimits& replace);
  void run(command::Drain& drain);
  void run(command::Announce& announce);
  void run(command::AskToRenew& ask);
  void run(command::Stop& stop);
  void run(command::Beat& beat);

  void on_outside(Connection& connection, bool readable);
  void read_outside(Connection& connection, Now now);
  bool read_packets(Connection& connection, Now now);
  /// `lender` is the buffer that `plaintext` lies in, if it may be written over.
  void take_plaintext(Connection& connection, Bytes plaintext, MutableBytes lender, Now now);
  void on_inside();
  void route_inside(const SuperPacket& packet, Now now);
  void give_to(Connection& connection, const SuperPacket& packet, Now now);
  void hand_over(const SuperPacket& packet, const IpAddress& destination);
  void on_crossing();
  void on_tick();
  [[nodiscard]] Connection* next_to_look_after(Now now);
  void look_after(Connection& connection, Now now);
  void look_again(const Connection& connection, TimePoint due, Now now);
  void await_ack(const Connection& connection);
  void on_ack_due();
  void sweep_all();
  void arm_tick(TimePoint due);
  void mark_dirty(Connection& connection);
  void flush_dirty();
  void settle(Connection& connection, Now now);
  void ask_to_attest(Connection& connection, Now now);
  void forward_events(Connection& connection, Now now);
  void forward_cuts(Session& session);
  void on_walk();
  bool walk_on(FlowWalk& walk);
  void watch(Session& session) const;
  void claim_addresses(Connection& connection);
  void take_over(Connection& connection, Now now);
  void read_late(Connection& connection, Now now);
  bool pass_late_packets(Connection& connection, Connection& successor, Now now);
  [[nodiscard]] SessionView view_of(Connection& connection, Now now) const;
  void erase(SessionId id);

  LoopThread thread_;
  TunLanes inside_;
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const AuthorityAnnouncement> announcement_;
  Reporter report_;
  ByteBuffer ciphertext_;
  ByteBuffer cleartext_;
  ByteBuffer packet_;
  QueueHome queue_home_{.pool = {}, .key = random_flow_key()};  ///< outlives the connections
  QueueCounters ended_queues_;                                  ///< of sessions that are not there any more
  WorkerTotals ended_;                                          ///< likewise
  std::unordered_map<SessionId, std::unique_ptr<Connection>> connections_;
  AddressBook<Connection> addresses_;
  ExchangePort port_;
  InsideCounts counts_;
  std::atomic<std::uint64_t> beats_{0};
  SessionLimits limits_;
  std::vector<SessionId> dirty_;
  DeadlineQueue<SessionId> deadlines_;                ///< when each session is to be looked after
  std::vector<SessionId> sweep_;                      ///< to be looked after whatever their deadlines are
  std::vector<std::shared_ptr<const Rights>> ready_;  ///< compiled ahead for the sweep that follows a policy
  std::vector<Poll> inside_polls_;
  Timer tick_;
  TimePoint tick_due_{};
  DeadlineQueue<SessionId> ack_deadlines_;  ///< when each session's acknowledgement goes that waits
  Timer ack_timer_;
  std::optional<Now> ticked_;  ///< both clocks at the last tick
  command::WatchDecisions watched_;
  std::deque<FlowWalk> walks_;
  Timer walk_;
  Async crossing_;
  Mailbox<WorkerCommand> commands_;
};

}  // namespace sallyport
