// SPDX-License-Identifier: MIT
// expect: this layer can't be written to other programs' files: it lacks symbolic
#include <ebm/energy/neural.hpp>
#include <ebm/io/onnx.hpp>
#include <ebm/nn/linear.hpp>

struct Half {
  template <class In>
  struct Rule {
    template <class Elements>
    static auto output(const Elements& x, int i) noexcept {
      return x[i] * decltype(x[i])(0.5f);
    }
    template <class Elements>
    static auto gradient(const Elements& dy, int i) noexcept {
      return dy[i] * decltype(dy[i])(0.5f);
    }
  };

  template <class In>
  struct Bind : ebm::detail::ElementLayer<Rule<In>, In, In> {
    static void symbolic() = delete;
  };
};

int main() {
  const ebm::Neural<ebm::Sequential<ebm::Shape<2>, Half, ebm::Linear<1>>> energy;
  ebm::io::write_onnx("energy.onnx", energy);
}
