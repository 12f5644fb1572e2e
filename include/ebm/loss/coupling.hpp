// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <ebm/core/error.hpp>
#include <ebm/core/pack.hpp>
#include <limits>

/// Which noise a sample is paired with, within a block.
namespace ebm::inline EBM_ABI {

/// What each pair of lanes costs, [of the first][of the second].
using PairCosts = std::array<std::array<double, std::size_t{lanes}>, std::size_t{lanes}>;

/// The partner of each of the lanes [0, rows) among the lanes [0, rows) of the other side.
using Partners = std::array<int, std::size_t{lanes}>;

/// The squared distances between the lanes of two blocks, of `size` elements.
template <class T>
[[nodiscard]] PairCosts squared_distances(const Pack<T>* a, const Pack<T>* b, int size) {
  PairCosts costs{};
  for (int i = 0; i < size; ++i) {
    alignas(Pack<T>) T of_a[lanes], of_b[lanes];
    a[i].store(of_a);
    b[i].store(of_b);
    for (std::size_t first = 0; first < std::size_t{lanes}; ++first) {
      for (std::size_t second = 0; second < std::size_t{lanes}; ++second) {
        const double d = static_cast<double>(of_a[first]) - static_cast<double>(of_b[second]);
        costs[first][second] += d * d;
      }
    }
  }
  return costs;
}

/// The assignment of the lanes [0, rows) with the least sum of costs, exactly.
///
/// Each lane in turn gets a partner by the cheapest path that moves the partners of those before
/// it: Dijkstra's algorithm on costs that are reduced by prices, which stay >= 0.
/// Throws `InvalidArgument` if a cost is not finite.
/// Source: Kuhn, "The Hungarian Method for the Assignment Problem", 1955; by shortest paths as in
/// Jonker and Volgenant, "A Shortest Augmenting Path Algorithm", 1987.
[[nodiscard]] inline Partners cheapest_partners(const PairCosts& costs, int rows) {
  const auto count = static_cast<std::size_t>(rows);
  constexpr std::size_t most = std::size_t{lanes} + 1;
  // Second lanes have the numbers 1 to count; 0 stands for the first lane that has no partner yet.
  std::array<double, most> price_of_first{}, price_of_second{};
  std::array<std::size_t, most> owner{};  // of a second lane: a first lane from 1 on, or none
  for (std::size_t lane = 1; lane <= count; ++lane) {
    owner[0] = lane;
    std::array<double, most> distance;
    std::array<std::size_t, most> reached_from{};
    std::array<bool, most> is_done{};
    distance.fill(std::numeric_limits<double>::infinity());
    std::size_t at = 0;
    do {
      is_done[at] = true;
      const std::size_t first = owner[at];
      std::size_t next = 0;
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t second = 1; second <= count; ++second) {
        if (is_done[second]) continue;
        const double reduced =
            costs[first - 1][second - 1] - price_of_first[first] - price_of_second[second];
        if (reduced < distance[second]) {
          distance[second] = reduced;
          reached_from[second] = at;
        }
        if (distance[second] < nearest) {
          nearest = distance[second];
          next = second;
        }
      }
      require(next != 0 && std::isfinite(nearest), "cheapest_partners: costs must be finite");
      for (std::size_t second = 0; second <= count; ++second) {
        if (is_done[second]) {
          price_of_first[owner[second]] += nearest;
          price_of_second[second] -= nearest;
        } else {
          distance[second] -= nearest;
        }
      }
      at = next;
    } while (owner[at] != 0);
    for (; at != 0; at = reached_from[at]) owner[at] = owner[reached_from[at]];
  }
  Partners partners{};
  for (std::size_t second = 1; second <= count; ++second) {
    partners[owner[second] - 1] = static_cast<int>(second - 1);
  }
  return partners;
}

/// Coupling: noise is independent of the sample it is paired with.
struct IndependentCoupling {
  template <class T>
  static void pair(const Pack<T>*, Pack<T>*, int, int) noexcept {}
};

/// Coupling: noise is paired with samples so that the squared distances have the least sum, among
/// the samples of a block.
///
/// The assignment is exact; it approximates optimal transport between noise and data, as batches
/// of 16 do.
/// Source: Tong et al., "Improving and Generalizing Flow-Based Generative Models with Minibatch
/// Optimal Transport", 2024 (batches in place of distributions).
struct OptimalCoupling {
  /// Reorders the lanes of the block `noise`; those of the samples stay.
  template <class T>
  static void pair(const Pack<T>* samples, Pack<T>* noise, int size, int rows) {
    const Partners partners = cheapest_partners(squared_distances(samples, noise, size), rows);
    for (int i = 0; i < size; ++i) {
      alignas(Pack<T>) T from[lanes], to[lanes];
      noise[i].store(from);
      noise[i].store(to);
      for (std::size_t lane = 0; lane < static_cast<std::size_t>(rows); ++lane) {
        to[lane] = from[partners[lane]];
      }
      noise[i] = Pack<T>::load(to);
    }
  }
};

}  // namespace ebm::inline EBM_ABI
