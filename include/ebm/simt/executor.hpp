// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/parallel/executor.hpp>
#include <ebm/simt/step.hpp>

namespace ebm::inline EBM_ABI::simt {

/// A machine of threads beside an executor of the host: a `Trainer` with it makes its steps on the
/// machine, and what callbacks compute, such as validation, stays on the host.
template <Machine M, Executor Host>
class MachineExecutor {
 public:
  using machine_type = M;
  template <class E, class RecipeType>
  using Step = MachineStep<E, RecipeType, MachineExecutor>;

  /// Both stay the caller's.
  MachineExecutor(M& machine, Host& host) : machine_(&machine), host_(&host) {}

  [[nodiscard]] M& machine() const noexcept { return *machine_; }
  [[nodiscard]] int workers() const noexcept { return host_->workers(); }

  template <class F>
  void for_each(int n, F&& f) {
    host_->for_each(n, std::forward<F>(f));
  }

 private:
  M* machine_;
  Host* host_;
};

}  // namespace ebm::inline EBM_ABI::simt
