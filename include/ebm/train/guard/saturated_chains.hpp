// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <ebm/core/samples.hpp>
#include <ebm/train/guard/detection.hpp>
#include <ebm/train/training_data.hpp>
#include <vector>

namespace ebm::inline EBM_ABI {

/// The share of features within `margin` of the domain's ends [low, high].
template <class T, Dataset<T> D>
[[nodiscard]] double share_at_edge(const D& data, double low = -1, double high = 1,
                                   double margin = 0.02) {
  const auto from = static_cast<T>(low + margin), to = static_cast<T>(high - margin);
  std::vector<T> sample(static_cast<std::size_t>(data.cols()));
  std::int64_t inside = 0;
  for (Eigen::Index row = 0; row < data.rows(); ++row) {
    data.copy_sample(row, sample);
    for (const T value : sample) inside += value > from && value < to ? 1 : 0;
  }
  return 1 - static_cast<double>(inside) / static_cast<double>(data.rows() * data.cols());
}
/// The same for samples, [sample][feature].
template <class T>
[[nodiscard]] double share_at_edge(const ConstSamplesRef<T>& samples, double low = -1,
                                   double high = 1, double margin = 0.02) {
  return share_at_edge<T>(RowsOf<T>(samples), low, high, margin);
}

/// Options of `SaturatedChains`.
struct SaturatedChainsOptions {
  double data_share = 0;  ///< `share_at_edge` of the data, in [0, 1]
  double inside = 0.25;   ///< least share of features inside, as a part of the data's, in (0, 1)
  int every = 50;         ///< batches from one look to the next, >= 1
  int looks = 3;          ///< in a row before it is trouble, >= 1
  int samples = 128;      ///< newest ones of the buffer that are looked at, >= 1
};

/// Detection: the chains lie at the ends of the sampler's domain, more than the data ever do.
///
/// Steps that are too long throw every feature from one end to the other; no gradient is left.
class SaturatedChains {
 public:
  /// Throws `InvalidArgument` if an option is outside of its range.
  explicit SaturatedChains(const SaturatedChainsOptions& options) : options_(options) {
    const auto& o = options;
    require(o.data_share >= 0 && o.data_share <= 1,
            "SaturatedChains: data_share must be in [0, 1], got ", o.data_share);
    require(o.inside > 0 && o.inside < 1, "SaturatedChains: inside must be in (0, 1), got ",
            o.inside);
    require(o.every >= 1 && o.looks >= 1 && o.samples >= 1,
            "SaturatedChains: every, looks and samples must be >= 1, got ", o.every, ", ", o.looks,
            " and ", o.samples);
  }

  template <class Trainer>
  Trouble on_batch(Trainer& trainer, const BatchReport& report) {
    using T = typename Trainer::value_type;
    if (report.iteration % options_.every != 0) return {};
    const auto domain = domain_of<double>(trainer.recipe().sampler);
    const double share =
        share_at_edge<T>(trainer.buffer().newest(options_.samples), domain.low, domain.high);
    const bool is_bad = 1 - share < options_.inside * (1 - options_.data_share);
    bad_looks_ = is_bad ? bad_looks_ + 1 : 0;
    if (bad_looks_ < options_.looks) return {};
    return sentence(100 * share, " % of the chains' features lie at the ends of the domain, and ",
                    100 * options_.data_share, " % of the data's");
  }
  [[nodiscard]] bool is_calm() const { return bad_looks_ == 0; }

  [[nodiscard]] State state() const {
    State state;
    state.put("bad_looks", std::int64_t{bad_looks_});
    return state;
  }
  void restore(const State& state) { bad_looks_ = state.count("bad_looks"); }

 private:
  SaturatedChainsOptions options_;
  int bad_looks_ = 0;
};

}  // namespace ebm::inline EBM_ABI
