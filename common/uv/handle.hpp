#pragma once

#include <uv.h>

#include <memory>
#include <utility>

namespace sallyport::uv {

/// A libuv handle with the callback it serves, in a heap node that only libuv's close callback frees: a callback may
/// therefore destroy its own wrapper, and what it captured lives until the loop's next turn.
template <class UvHandle, class Callback>
struct Node {
  UvHandle handle{};
  Callback callback;

  static Node& of(UvHandle* handle) noexcept { return *static_cast<Node*>(handle->data); }
};

struct CloseNode {
  template <class UvHandle, class Callback>
  void operator()(Node<UvHandle, Callback>* node) const noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&node->handle),
             [](uv_handle_t* handle) { delete static_cast<Node<UvHandle, Callback>*>(handle->data); });
  }
};

template <class UvHandle, class Callback>
using NodePtr = std::unique_ptr<Node<UvHandle, Callback>, CloseNode>;

/// A node whose handle the caller initialises at once, before the pointer may be dropped.
template <class UvHandle, class Callback>
[[nodiscard]] std::unique_ptr<Node<UvHandle, Callback>> make_node(Callback callback) {
  auto node = std::make_unique<Node<UvHandle, Callback>>();
  node->callback = std::move(callback);
  node->handle.data = node.get();
  return node;
}

/// Hands an initialised node over to the rule above.
template <class UvHandle, class Callback>
[[nodiscard]] NodePtr<UvHandle, Callback> adopt(std::unique_ptr<Node<UvHandle, Callback>> node) noexcept {
  return NodePtr<UvHandle, Callback>{node.release()};
}

}  // namespace sallyport::uv
