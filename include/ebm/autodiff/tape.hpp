// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/autodiff/arena.hpp>
#include <ebm/core/dual.hpp>
#include <ebm/core/error.hpp>
#include <ebm/core/shape.hpp>
#include <span>

/// The tape of reverse-mode differentiation: what to do backwards, in the order it was done.
namespace ebm::inline EBM_ABI {

/// What a tape differentiates with respect to; a compile-time choice, so that what is not asked
/// for costs nothing.
enum class Wrt { nothing, inputs, parameters, both };

/// Whether derivatives by inputs are asked for.
constexpr bool wants_inputs(Wrt wrt) {
  return wrt == Wrt::inputs || wrt == Wrt::both;
}
/// Whether derivatives by parameters are asked for.
constexpr bool wants_parameters(Wrt wrt) {
  return wrt == Wrt::parameters || wrt == Wrt::both;
}

template <class Tape, class S, bool Active>
class Var;

/// Records a computation on one block of samples and differentiates it backwards.
///
/// The caller owns the tape and uses it again: `clear`, compute, `backward`. Once a round has been
/// as large as any later one, nothing is allocated. One thread at a time.
/// Number: float or double. On a tape of `WithTangent<T>` everything has a tangent: inputs bring
/// theirs, adjoints get those of the derivatives, and parameter gradients are their tangents. With
/// `WithTangent<WithTangent<T>>` tangents have tangents, and those are the parameter gradients.
/// Source: Griewank and Walther, "Evaluating Derivatives", 2008, chapter 3.
template <class Number, Wrt W = Wrt::inputs>
class Tape {
 public:
  using number = Number;
  using value_type = RealOf<Number>;
  using PackType = PackOf<Number>;
  static constexpr Wrt wrt = W;

  Tape() = default;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  Tape(Tape&&) = default;
  Tape& operator=(Tape&&) = default;

  /// Forgets the recording and keeps the memory.
  void clear() {
    arena_.clear();
    last_ = nullptr;
  }

  /// The variable of a block of inputs, [row][column][channel][lane]; its adjoint starts at zero.
  ///
  /// `x` stays the caller's and must outlive the recording.
  template <class S>
  [[nodiscard]] auto input(const PackType* x) {
    return make_var<S, wants_inputs(W)>(x);
  }

  /// A value of shape `S` that is computed on the tape; its adjoint (if `Active`) starts at zero.
  template <class S, bool Active>
  [[nodiscard]] auto make_var(const PackType* value) {
    PackType* adjoint = nullptr;
    if constexpr (Active) {
      adjoint = allocate(S::size);
      for (int i = 0; i < S::size; ++i) adjoint[i] = PackType(value_type(0));
    }
    return Var<Tape, S, Active>(*this, value, adjoint);
  }

  /// Uninitialised room for packs, until `clear`.
  [[nodiscard]] PackType* allocate(int packs) {
    return arena_.template allocate<PackType>(static_cast<std::size_t>(packs));
  }

  /// Bytes that the recording takes.
  [[nodiscard]] std::size_t recorded_bytes() const noexcept { return arena_.used(); }

  /// Calls `rule()` in the backward sweep, after the rules that were recorded later.
  template <class F>
  void on_backward(const F& rule) {
    static_assert(std::is_trivially_destructible_v<F>, "a rule holds pointers and numbers only");
    struct Holder : Node {
      F rule;
    };
    Holder* holder = arena_.template allocate<Holder>(1);
    new (holder) Holder{{[](Node* node) { static_cast<Holder*>(node)->rule(); }, last_}, rule};
    last_ = holder;
  }

  /// Where rules add parameter gradients, in the model's own order of parameters.
  ///
  /// Unchanged by `clear`; not owned.
  void set_parameter_gradient(std::span<value_type> gradient) { parameter_gradient_ = gradient; }
  [[nodiscard]] std::span<value_type> parameter_gradient() const { return parameter_gradient_; }

  /// Propagates adjoints from `output`, whose own adjoint is `seed` (one weight a lane), to
  /// everything that the tape is asked for.
  template <class V>
  void backward(const V& output, const PackType& seed = PackType(value_type(1))) {
    static_assert(W != Wrt::nothing, "a tape of Wrt::nothing has nothing to sweep back to");
    require(output.tape() == this, "Tape::backward: the output was recorded on another tape");
    output.add_adjoint(seed);
    for (Node* node = last_; node != nullptr; node = node->previous) node->call(node);
  }

 private:
  struct Node {
    void (*call)(Node*);
    Node* previous;
  };

  Arena arena_;
  Node* last_ = nullptr;
  std::span<value_type> parameter_gradient_;
};

}  // namespace ebm::inline EBM_ABI
