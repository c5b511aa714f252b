#include "server/gateway/address_directory.hpp"

#include <functional>

namespace sallyport {
namespace {

constexpr std::size_t kFirstSlots = 256;

}  // namespace

std::size_t AddressDirectory::Table::slot_of(const IpAddress& address) const noexcept {
  const std::size_t mask = slots.size() - 1;
  std::size_t at = std::hash<IpAddress>{}(address)&mask;
  while (true) {
    const Record* record = slots[at].load(std::memory_order_acquire);
    if (record == nullptr || record->address == address) return at;
    at = (at + 1) & mask;
  }
}

AddressDirectory::Record* AddressDirectory::Table::find(const IpAddress& address) const noexcept {
  return slots[slot_of(address)].load(std::memory_order_acquire);
}

AddressDirectory::AddressDirectory() {
  tables_.push_back(std::make_unique<Table>(kFirstSlots));
  current_.store(tables_.back().get());
}

void AddressDirectory::note(const IpAddress& address, WorkerNumber worker) {
  if (Record* known = tables_.back()->find(address)) return known->worker.store(worker);
  if ((records_.size() + 1) * 2 > tables_.back()->slots.size()) grow();
  auto& record = records_.emplace_back(address, worker);
  Table& table = *tables_.back();
  table.slots[table.slot_of(address)].store(&record, std::memory_order_release);
}

void AddressDirectory::grow() {
  auto larger = std::make_unique<Table>(tables_.back()->slots.size() * 2);
  for (auto& record : records_) larger->slots[larger->slot_of(record.address)].store(&record);
  tables_.push_back(std::move(larger));
  current_.store(tables_.back().get());
}

std::optional<WorkerNumber> AddressDirectory::worker_of(const IpAddress& address) const noexcept {
  const Record* record = current_.load(std::memory_order_acquire)->find(address);
  if (record == nullptr) return std::nullopt;
  return record->worker.load(std::memory_order_acquire);
}

}  // namespace sallyport
