# SPDX-License-Identifier: MIT
"""Times one work in JAX, compiled by jit; prints {"version": ..., "features": ..., "ms": ...}.

The work is that of our benchmark of the same name, all steps of a run in one compiled loop. Threads
are limited by the caller (compare sets the processors that the process may use).
"""
import argparse
import json
import time

import jax
import jax.numpy as jnp
from jax import lax

KEY = jax.random.PRNGKey(0)
CONVOLUTIONS = [(1, 16, 5, 4), (16, 32, 3, 1), (32, 64, 3, 1), (64, 64, 3, 1)]


def parameters():
    keys = iter(jax.random.split(KEY, 12))

    def layer(shape):
        bound = jnp.prod(jnp.array(shape[1:])) ** -0.5
        return (jax.random.uniform(next(keys), shape, minval=-bound, maxval=bound),
                jax.random.uniform(next(keys), shape[:1], minval=-bound, maxval=bound))
    return ([layer((out, n, k, k)) for n, out, k, _ in CONVOLUTIONS]
            + [layer((64, 256)), layer((1, 64))])


def score(p, x):
    for (weight, bias), (_, _, _, padding) in zip(p, CONVOLUTIONS):
        x = lax.conv_general_dilated(x, weight, (2, 2), [(padding, padding)] * 2,
                                     dimension_numbers=("NCHW", "OIHW", "NCHW"))
        x = jax.nn.silu(x + bias[None, :, None, None])
    x = x.reshape(x.shape[0], -1)
    x = jax.nn.silu(x @ p[4][0].T + p[4][1])
    return (x @ p[5][0].T + p[5][1])[:, 0]


input_gradient = jax.grad(lambda x, p: -score(p, x).sum())


def run_chains(p, x, key):
    def step(i, x):
        x = jnp.clip(x + 0.005 * jax.random.normal(jax.random.fold_in(key, i), x.shape), -1, 1)
        return jnp.clip(x - 10 * jnp.clip(input_gradient(x, p), -0.03, 0.03), -1, 1)
    return lax.fori_loop(0, 60, step, x)


def noise_images(batch):
    return jax.random.uniform(KEY, (batch, 1, 28, 28), minval=-1, maxval=1)


def langevin_step(p, batch):
    run, x = jax.jit(run_chains), noise_images(batch)
    return (lambda: run(p, x, KEY)), 60


def gradient(p, batch):
    run, x = jax.jit(input_gradient), noise_images(batch)
    return (lambda: run(x, p)), 1


def scoring(p, batch):
    run, x = jax.jit(score), noise_images(batch)
    return (lambda: run(p, x)), 1


def gaussian_langevin(dimension, chains, steps):
    def run(x, key):
        def step(i, x):
            x = x + 0.02 ** 0.5 * jax.random.normal(jax.random.fold_in(key, i), x.shape)
            return x - 0.01 * x
        return lax.fori_loop(0, steps, step, x)
    compiled, x = jax.jit(run), jnp.zeros((chains, dimension))
    return (lambda: compiled(x, KEY)), 1


NETWORK_WORKS = {work.__name__: work for work in (langevin_step, gradient, scoring)}
GAUSSIANS = {"gaussian_langevin_64x8x50": (8, 64, 50),
             "gaussian_langevin_1024x128x200": (128, 1024, 200)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", choices=[*NETWORK_WORKS, *GAUSSIANS], default="langevin_step")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=1.0, help="time to measure for")
    args = parser.parse_args()

    if args.work in GAUSSIANS:
        run, count = gaussian_langevin(*GAUSSIANS[args.work])
    else:
        run, count = NETWORK_WORKS[args.work](parameters(), args.batch)
    run().block_until_ready()
    runs, start = 0, time.perf_counter()
    while runs == 0 or time.perf_counter() - start < args.seconds:
        run().block_until_ready()
        runs += 1
    seconds = time.perf_counter() - start
    print(json.dumps({"version": jax.__version__, "features": "chosen by XLA",
                      "ms": 1e3 * seconds / (runs * count)}))


if __name__ == "__main__":
    main()
