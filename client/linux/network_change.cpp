#include "client/linux/network_change.hpp"

#include "common/ipc/message.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace sallyport {
namespace {

using nlohmann::json;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string to_text(const InterfaceAddress& address) {
  return address.address.to_string() + '/' + std::to_string(address.prefix_length);
}

std::optional<std::uint32_t> number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto value = found->get<std::uint64_t>();
  if (value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

std::optional<NetworkChange> interface_from(const json& object) {
  const auto name = text_at(object, "name");
  const auto mark = text_at(object, "mark");
  if (!name || (object.contains("mark") && !mark)) return std::nullopt;
  return TunnelInterface{*name, mark.value_or("")};
}

std::optional<NetworkChange> rule_from(const json& object) {
  const auto version = number_at(object, "version");
  const auto priority = number_at(object, "priority");
  const auto table = number_at(object, "table");
  if (!version || (*version != 4 && *version != 6) || !priority || !table) return std::nullopt;
  return RoutingRule{*version, *priority, *table, number_at(object, "mark"), object.value("invert", json{}) == true};
}

std::optional<NetworkChange> address_from(const json& object) {
  const auto interface = text_at(object, "interface");
  const auto address = IpAddress::parse(text_at(object, "address").value_or(""));
  const auto length = number_at(object, "prefix_length");
  if (!interface || !address || !length || *length > address->bit_width()) return std::nullopt;
  return TunnelAddress{*interface, {*address, *length}};
}

std::optional<NetworkChange> route_from(const json& object) {
  const auto destination = IpPrefix::parse(text_at(object, "destination").value_or(""));
  const auto interface = text_at(object, "interface");
  const auto metric = number_at(object, "metric");
  const auto table = number_at(object, "table");
  if (!destination || !interface || !metric || !table) return std::nullopt;
  return Route{*destination, *interface, std::nullopt, *metric, *table};
}

std::optional<NetworkChange> barrier_from(const json& object) {
  const auto destination = IpPrefix::parse(text_at(object, "destination").value_or(""));
  const auto table = number_at(object, "table");
  if (!destination || !table) return std::nullopt;
  return Barrier{*destination, *table};
}

}  // namespace

std::string describe(const NetworkChange& change) {
  return std::visit(
      Overloaded{
          [](const TunnelInterface& made) { return "interface " + made.name; },
          [](const RoutingRule& rule) {
            return "IPv" + std::to_string(rule.version) + " rule " + std::to_string(rule.priority) + " for table " +
                   std::to_string(rule.table);
          },
          [](const TunnelAddress& added) { return "address " + to_text(added.address) + " dev " + added.interface; },
          [](const Route& route) { return "route " + route.destination.to_string() + " dev " + route.interface; },
          [](const Barrier& barrier) { return "barrier for " + barrier.destination.to_string(); },
      },
      change);
}

json to_json(const NetworkChange& change) {
  return std::visit(Overloaded{
                        [](const TunnelInterface& made) {
                          json object{{"kind", "interface"}, {"name", made.name}};
                          if (!made.mark.empty()) object["mark"] = made.mark;
                          return object;
                        },
                        [](const RoutingRule& rule) {
                          json object{{"kind", "rule"},
                                      {"version", rule.version},
                                      {"priority", rule.priority},
                                      {"table", rule.table},
                                      {"invert", rule.invert}};
                          if (rule.mark) object["mark"] = *rule.mark;
                          return object;
                        },
                        [](const TunnelAddress& added) {
                          return json{{"kind", "address"},
                                      {"interface", added.interface},
                                      {"address", added.address.address.to_string()},
                                      {"prefix_length", added.address.prefix_length}};
                        },
                        [](const Route& route) {
                          return json{{"kind", "route"},
                                      {"destination", route.destination.to_string()},
                                      {"interface", route.interface},
                                      {"metric", route.metric},
                                      {"table", route.table}};
                        },
                        [](const Barrier& barrier) {
                          return json{{"kind", "barrier"},
                                      {"destination", barrier.destination.to_string()},
                                      {"table", barrier.table}};
                        },
                    },
                    change);
}

std::optional<NetworkChange> network_change_from_json(const json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto kind = text_at(object, "kind");
  if (kind == "interface") return interface_from(object);
  if (kind == "rule") return rule_from(object);
  if (kind == "address") return address_from(object);
  if (kind == "route") return route_from(object);
  if (kind == "barrier") return barrier_from(object);
  return std::nullopt;
}

}  // namespace sallyport
