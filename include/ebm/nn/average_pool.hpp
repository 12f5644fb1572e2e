// SPDX-License-Identifier: MIT
#pragma once

#include <ebm/nn/element_layer.hpp>
#include <ebm/nn/pooling.hpp>

namespace ebm::inline EBM_ABI {

/// The mean of every window of an image, channel by channel; without padding.
///
/// y[c][r][q] = (sum over ky, kx of x[c][r s + ky][q s + kx]) / (kernel rows * kernel columns)
/// input: Shape<channels, rows, columns>; output: Shape<channels, (rows - k) / s + 1, ...>, rounded
/// down: rows and columns that fill no window are not read, and their gradient is zero
/// Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, there
/// with a trainable factor; `torch.nn.AvgPool2d`.
template <class KernelSize, class StrideSize = Stride<KernelSize::rows, KernelSize::columns>>
struct AveragePool {
  template <class In>
  struct Mean {
    static constexpr kernels::Windows windows =
        detail::Pooling<In, KernelSize, StrideSize>::windows;
    using Output = typename detail::Pooling<In, KernelSize, StrideSize>::Output;

    template <class Elements>
    static EBM_INLINE auto output(const Elements& x, int i) noexcept {
      return kernels::mean_of_window<windows>(x, i);
    }
    template <class Elements>
    static EBM_INLINE auto gradient(const Elements& dy, int i) noexcept {
      return kernels::gradient_of_windows<windows>(dy, i);
    }
  };

  template <class In>
  struct Bind : detail::ElementLayer<Mean<In>, In, typename Mean<In>::Output> {};
};

static_assert(Layer<AveragePool<Kernel<2>>, Shape<16, 28, 28>>);

/// The mean of every channel: one number each, ready for `Linear`.
///
/// input: Shape<channels, rows, columns>; output: Shape<channels>
/// Source: Lin, Chen, Yan, "Network In Network", 2014, section 3.2.
struct GlobalAveragePool {
  template <class In>
  struct Bind : AveragePool<Kernel<In::rows, In::columns>>::template Bind<In> {
    using Output = Shape<In::channels>;
  };
};

static_assert(Layer<GlobalAveragePool, Shape<64, 4, 4>>);

}  // namespace ebm::inline EBM_ABI
