#include "tests/unit/model/player.hpp"

#include "common/wire/datagram.hpp"

namespace sallyport::model {

bool Player::connect(int device, int certificate, int source, bool attests, bool asks, bool is_admitted) {
  if (reference_.device(device).partitioned) return false;
  const int id = next_connection_++;
  const auto& shown = reference_.certificate(certificate);
  const bool expected = reference_.may_shake_hands(certificate);
  const bool got = system_.shake_hands(id, shown, source, attests, asks);
  say("device {} of {}, certificate {}, from {}: connection {}", device,
      kUserNames[static_cast<std::size_t>(shown.user)], certificate, kSources[static_cast<std::size_t>(source)], id);
  agree("handshake", expected, got);
  if (!got) {
    say(" refused by TLS");
    ++tally_.refusals["tls"];
    return true;
  }
  reference_.shake_hands(id, certificate, source, attests, asks);
  if (asks) at(id).on_the_way.emplace_back([this, id] { reference_.request(id); });
  return is_admitted ? admit(id) : true;
}

bool Player::connect_foreign(int device) {
  const auto foreign = system_.issue_foreign(device, reference_.device(device).user);
  if (system_.shake_hands(next_connection_++, foreign, 0, true, true))
    fault("a certificate of another authority was accepted");
  ++tally_.refusals["tls"];
  say("device {}", device);
  return true;
}

bool Player::admit(int id) {
  if (id < 0) return false;
  const auto expected = reference_.admit(id);
  const auto got = system_.admit(id);
  say(" connection {} {}", id, got.empty() ? "admitted" : got);
  agree("admission", expected, got);
  if (fault_) return true;
  ++(got.empty() ? tally_.admitted : tally_.refused);
  if (got.empty()) {
    const auto address = system_.address_of(id);
    if (const auto wrong = reference_.fault_of_address(at(id).device, address)) fault("{}: {}", address, *wrong);
    reference_.give_address(id, address);
    say(" with {}", address);
  } else {
    ++tally_.refusals[got];
  }
  if (!is_blocked(at(id))) arrive(id);
  return true;
}

bool Player::dribble(std::uint32_t number) {
  constexpr std::string_view kHead = "GET /.well-known/masque/ip/*/*/ HTTP/1.1\r\nHost: vpn.example.com\r\n";
  const int id = pick(number, [](const auto& each) { return can_act(each) && !each.asks; });
  if (id < 0 || dribbled_[id] >= kHead.size()) return false;
  system_.send_bytes(id, as_bytes(kHead.substr(dribbled_[id]++, 1)));
  say("connection {}", id);
  return true;
}

bool Player::report(const Step& step) {
  const int device = static_cast<int>(step.numbers[0] % kDevices);
  const Report now{step.numbers[1] % 5 != 0, static_cast<Firewall>(std::min(step.numbers[2] % 5, 2U))};
  reports_[device] = now;
  system_.report(device, now);
  say("device {}: {}", device,
      !now.has_posture                ? "none"
      : now.firewall == Firewall::On  ? "on"
      : now.firewall == Firewall::Off ? "off"
                                      : "untold");
  return true;
}

bool Player::answer_held(const Step& step, bool is_forged, bool is_nonsense) {
  std::vector<int> all;
  for (const auto& [id, connection] : reference_.connections()) {
    if (connection.state != State::Handshaken && can_act(connection) && system_.held(id)) all.push_back(id);
  }
  if (all.empty()) return false;
  const int id = all[step.numbers[0] % all.size()];
  const int nonce = *system_.held(id);
  const auto forgery = is_nonsense ? Forgery::Malformed
                       : is_forged ? static_cast<Forgery>(1 + step.numbers[1] % 4)
                                   : Forgery::None;
  const auto told = reports_[at(id).device];
  const Code code = system_.answer_held(id, forgery);
  say("connection {}, challenge {}, kind {}", id, nonce, static_cast<int>(forgery));
  deliver(id, [this, id, nonce, forgery, told, code] { answered(id, nonce, forgery, told, code); });
  tally_.forged += forgery == Forgery::None ? 0 : 1;
  return true;
}

bool Player::replay(const Step& step, bool elsewhere) {
  const int from = pick(step.numbers[0], attests);
  const int to = elsewhere ? pick(step.numbers[1], attests) : from;
  if (from < 0 || (elsewhere && to == from)) return false;
  const int nonce = system_.replay(from, to);
  if (nonce < 0) return false;
  say("challenge {} of connection {} on {}", nonce, from, to);
  // Whatever it was when it was new: it is to no open challenge, or it would not be a repetition.
  deliver(to, [this, to, nonce] {
    if (at(to).open && at(to).open->nonce == nonce) fault("an answer that was sent is still awaited");
  });
  ++tally_.forged;
  return true;
}

bool Player::prove(std::uint32_t number, Code code) {
  const int id = pick(number, [this](const auto& each) { return attests(each) && !is_blocked(each); });
  if (id < 0) return false;
  system_.type(id, code);
  say("connection {}", id);
  return true;
}

bool Player::take_secret(int user) {
  reference_.take_secret(user);
  system_.take_secret(user);
  say("{}", kUserNames[static_cast<std::size_t>(user)]);
  return true;
}

bool Player::use_policy(std::size_t policy) {
  reference_.use_policy(static_cast<int>(policy));
  system_.use_policy(policies_[policy]);
  say("number {}", policy);
  return true;
}

bool Player::load_list(seconds due, const std::set<std::string>& more) {
  auto revoked = reference_.revoked_now();
  if (revoked != system_.revoked_on_record()) fault("the records of revoked certificates differ");
  revoked.insert(more.begin(), more.end());
  return load_known_list({list_.number + 1, reference_.trusted(), reference_.trusted() + due, std::move(revoked)},
                         false);
}

bool Player::load_known_list(List list, bool is_forged) {
  const bool expected = reference_.use_list(list.number, list.issued, list.due, list.revoked, is_forged);
  const bool got =
      system_.use_list(list.number, list.issued, list.due, {list.revoked.begin(), list.revoked.end()}, is_forged);
  say("number {}, {} entries, {}", list.number, list.revoked.size(), got ? "taken" : "not taken");
  agree("list taken", expected, got);
  if (got) list_ = std::move(list);
  return true;
}

bool Player::set_state(int device, DeviceState state, bool is_noticed) {
  reference_.set_state(device, static_cast<int>(state));
  system_.set_state(device, state);
  say("device {} ", device);
  if (!is_noticed) return true;
  // As the administrator's tool does: a list with every revocation, or a reload of what there is.
  return state == DeviceState::Revoked ? load_list(kLongDue) : load_known_list(list_, false);
}

bool Player::set_person(int user, bool is_enabled) {
  if (is_enabled != reference_.is_disabled(user)) return false;
  if (is_enabled) {
    reference_.enable_person(user);
    system_.enable_person(user);
  } else {
    reference_.disable_person(user);
    system_.disable_person(user);
  }
  say("{}: ", kUserNames[static_cast<std::size_t>(user)]);
  return load_known_list(list_, false);
}

bool Player::enrol(int device, int user, seconds lifetime) {
  if (reference_.device(device).state == Reference::Device::Disabled || reference_.is_disabled(user)) return false;
  const auto issued = system_.issue(device, user, lifetime);
  if (issued.serial.empty()) return false;
  const auto number = static_cast<int>(reference_.certificates());
  reference_.add_certificate(issued);
  reference_.enrol(device, user, number);
  system_.enrol(issued);
  say("device {} of {}: certificate {}, until {}", device, kUserNames[static_cast<std::size_t>(user)], number,
      format_utc(issued.not_after));
  return true;
}

bool Player::renew(const Step& step, bool changes_over) {
  const int device = static_cast<int>(step.numbers[0] % kDevices);
  const auto& record = reference_.device(device);
  const int presented = step.numbers[1] % 3 == 0 && record.previous >= 0 ? record.previous : record.newest;
  const auto& shown = reference_.certificate(presented);
  const auto next = system_.issue(device, shown.user, seconds{120 + step.numbers[2] % 300'000});
  if (next.serial.empty()) return false;
  const auto number = static_cast<int>(reference_.certificates());
  const auto serial = shown.serial;
  reference_.add_certificate(next);
  const bool expected = reference_.renew(device, presented, number);
  const bool got = system_.renew(serial, next);
  say("device {}, certificate {} by {}: {}; ", device, number, presented, got ? "renewed" : "refused");
  agree("renewal", expected, got);
  if (!got) {
    reference_.drop_last_certificate();
    return true;
  }
  if (changes_over)
    (void)connect(device, number, static_cast<int>(step.numbers[2] % kSources.size()), true, true, true);
  return true;
}

bool Player::roam(const Step& step) {
  const int id = pick(step.numbers[0], [this](const auto& each) { return is_online(each) && !is_blocked(each); });
  if (id < 0) return false;
  const auto old = at(id);
  reference_.connections().at(id).vanished = true;
  system_.vanish(id);
  say("connection {}: ", id);
  return connect(old.device, old.certificate, 1 - old.source, old.attests, true, true);
}

bool Player::cut(int device, bool is_cut) {
  auto& laptop = reference_.device(device);
  if (laptop.partitioned == is_cut) return false;
  laptop.partitioned = is_cut;
  say("device {}", device);
  if (!is_cut) {
    for (auto& [id, connection] : reference_.connections()) {
      const bool arrives = connection.device == device && !connection.vanished && connection.state != State::Handshaken;
      if (arrives) arrive(id);
    }
  }
  system_.partition(device, is_cut);
  return true;
}

bool Player::close(std::uint32_t number) {
  const int id = pick(number, can_act);
  if (id < 0) return false;
  at(id).closed = true;
  deliver(id, [this, id] { reference_.end(id); });
  system_.close(id);
  say("connection {}", id);
  return true;
}

bool Player::kill(std::uint32_t number) {
  const int id = pick(number, [](const auto& each) { return !each.vanished; });
  if (id < 0) return false;
  at(id).vanished = true;
  system_.vanish(id);
  say("connection {}", id);
  return true;
}

bool Player::end_by_admin(std::uint32_t number) {
  const int id = pick(number, is_session);
  if (id < 0) return false;
  reference_.end(id);
  system_.end_by_admin(id);
  say("connection {}", id);
  return true;
}

bool Player::restart() {
  const bool expected = reference_.can_start();
  const bool got = system_.restart();
  agree("start", expected, got);
  if (got) reference_.restart();
  say("{}", got ? "it runs" : "it does not start");
  return true;
}

bool Player::set_clock(std::int64_t by) {
  const auto next = clocks_.wall + seconds{by};
  if (next < *parse_utc("2004-01-01") || next > *parse_utc("2080-01-01")) return false;
  clocks_.wall = next;
  say("by {} s, to {}", by, format_utc(next));
  tick();
  return true;
}

/// The machine stands still, and nobody looks at any deadline: what comes next must find out by itself.
bool Player::sleep(std::uint32_t number) {
  constexpr std::array<std::int64_t, 8> kSpans{20, 45, 100, 300, 900, 3'600, 10'000, 100'000};
  const auto span = kSpans[number % kSpans.size()];
  clocks_.steady += span;
  clocks_.wall += seconds{span};
  reference_.set_clocks(clocks_);
  system_.set_clocks(clocks_);
  say("{} s", span);
  return true;
}

bool Player::send_packet(const Step& step) {
  const int id = pick(step.numbers[0], [](const auto& each) { return can_act(each) && each.state == State::Online; });
  if (id < 0) return false;
  const FlowName flow{static_cast<int>(step.numbers[1] % kPlaces), static_cast<int>(step.numbers[2] % kPorts)};
  const auto& packet = probes(at(id).address).of(flow).request;
  deliver(id, [this, id, flow, &packet] {
    if (reference_.from_client(id, flow)) expected_at_office_.push_back(packet);
  });
  system_.send_packet(id, packet);
  say("connection {}, place {}, port {}", id, flow.place, flow.port);
  return true;
}

bool Player::office_packet(const Step& step, Kind kind) {
  const int chosen = pick(step.numbers[0], [](const auto& each) { return !each.address.empty(); });
  if (chosen < 0) return false;
  const auto address = at(chosen).address;
  const int id = reference_.owner_of(address);
  const FlowName flow{static_cast<int>(step.numbers[1] % kPlaces), static_cast<int>(step.numbers[2] % kPorts)};
  const bool is_tcp = kAllPlaces[static_cast<std::size_t>(flow.place)].protocol == kTcp;
  if (kind == Kind::OpenFromOffice && !is_tcp) return false;
  const auto& of_flow = probes(address).of(flow);
  const auto& packet = kind == Kind::AnswerFromOffice ? of_flow.reply
                       : kind == Kind::OpenFromOffice ? of_flow.opening
                                                      : of_flow.error;
  const bool expected =
      id >= 0 && (kind == Kind::ErrorFromOffice ? reference_.error_from_office(id, flow)
                                                : reference_.from_office(id, flow, kind == Kind::OpenFromOffice));
  const bool got = system_.packet_to(address, packet);
  say("to {}, connection {}, place {}, port {}: {}", address, id, flow.place, flow.port, got ? "passes" : "dropped");
  agree("packet from the office", expected, got);
  system_.at_laptop.clear();
  finish();
  const auto arrived = got && !is_blocked(at(id)) ? std::vector<ByteBuffer>{packet} : std::vector<ByteBuffer>{};
  if (system_.at_laptop != arrived) fault("{} packets arrived at the laptop", system_.at_laptop.size());
  tally_.passed += got ? 1 : 0;
  return true;
}

bool Player::send_fragments(const Step& step) {
  const int id = pick(step.numbers[0], [this](const auto& each) { return is_online(each) && !is_blocked(each); });
  if (id < 0) return false;
  const int port = static_cast<int>(step.numbers[1] % kPorts);
  const bool is_old = step.numbers[2] % 3 == 1 && next_fragment_ > 1;
  const auto parts = fragments_of(at(id).address, port, is_old ? next_fragment_ - 1 : next_fragment_++);
  say("connection {}, port {}, kind {}", id, port, step.numbers[2] % 3);
  if (step.numbers[2] % 3 == 0) {
    // Both, in order: they go the way of the flow.
    if (reference_.from_client(id, {kDns, port})) expected_at_office_ = {parts[0], parts[1]};
    system_.send_packet(id, parts[0]);
    system_.send_packet(id, parts[1]);
    return true;
  }
  // The second alone: with an unknown first one never, with a known one never beyond what policy says now.
  const bool may_pass = is_old && reference_.may_reach(at(id), kDns);
  system_.send_packet(id, parts[1]);
  finish();
  if (!system_.at_office.empty() && !may_pass) fault("a fragment passed without its first one");
  system_.at_office.clear();
  return true;
}

bool Player::send_capsule(std::uint32_t number, bool is_malformed) {
  const int id = pick(number, is_online);
  if (id < 0) return false;
  constexpr std::array<std::byte, 5> kUnknown{std::byte{0x17}, std::byte{3}, std::byte{1}, std::byte{2}, std::byte{3}};
  constexpr std::array<std::byte, 3> kMalformed{std::byte{0x02}, std::byte{1}, std::byte{1}};
  system_.send_bytes(id, is_malformed ? Bytes{kMalformed} : Bytes{kUnknown});
  if (is_malformed) deliver(id, [this, id] { reference_.end(id); });
  say("connection {}", id);
  return true;
}

}  // namespace sallyport::model
