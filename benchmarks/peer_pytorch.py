# SPDX-License-Identifier: MIT
"""Times one work in PyTorch; prints {"version": ..., "features": ..., "ms": ...}.

The work is that of our benchmark of the same name. Variants: `eager` computes swish as
x * sigmoid(x), like the tutorial; `silu` uses torch.nn.SiLU; `compile` hands energy and gradient of
the silu network to torch.compile.
"""
import argparse
import json
import re
import time

import torch
from torch import nn


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


def network(activation):
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=4), activation(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), activation(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1), activation(),
        nn.Conv2d(64, 64, 3, stride=2, padding=1), activation(),
        nn.Flatten(), nn.Linear(256, 64), activation(), nn.Linear(64, 1))


def freeze(model, frozen):
    for parameter in model.parameters():
        parameter.requires_grad_(not frozen)


def noise_images(batch):
    return torch.rand(batch, 1, 28, 28) * 2 - 1


def run_chains(score, chains, steps):
    noise = torch.empty_like(chains)
    chains.requires_grad_(True)
    for _ in range(steps):
        with torch.no_grad():
            noise.normal_(0, 0.005)
            chains.add_(noise).clamp_(-1, 1)
        (-score(chains)).sum().backward()
        with torch.no_grad():
            chains.sub_(10 * chains.grad.clamp_(-0.03, 0.03)).clamp_(-1, 1)
            chains.grad.zero_()
    chains.requires_grad_(False)


def langevin_step(model, score, batch):
    """60 steps at a time, as ours."""
    freeze(model, True)
    chains = noise_images(batch)
    return (lambda: run_chains(score, chains, 60)), 60


def gradient(model, score, batch):
    freeze(model, True)
    images = noise_images(batch).requires_grad_(True)

    def run():
        images.grad = None
        (-score(images)).sum().backward()
    return run, 1


def scoring(model, score, batch):
    freeze(model, True)
    images = noise_images(batch)

    def run():
        with torch.no_grad():
            score(images)
    return run, 1


def training_iteration(model, score, batch):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.0, 0.999))
    images, buffer = noise_images(10 * batch), noise_images(8192)

    def run():
        data = images[torch.randint(len(images), (batch,))]
        data = (data + 0.005 * torch.randn_like(data)).clamp_(-1, 1)
        chains = buffer[torch.randint(len(buffer), (batch,))]
        freeze(model, True)
        run_chains(score, chains, 60)
        freeze(model, False)
        buffer[:batch] = chains
        scores = score(torch.cat([data, chains]))
        real, fake = scores.chunk(2)
        loss = 0.1 * (real ** 2 + fake ** 2).mean() + fake.mean() - real.mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
    return run, 1


def gaussian_langevin(dimension, chains, steps):
    """UnboundedLangevin on a standard normal distribution, its gradient by hand."""
    x, noise = torch.zeros(chains, dimension), torch.empty(chains, dimension)

    def run():
        with torch.no_grad():
            for _ in range(steps):
                x.sub_(x, alpha=0.01)
                noise.normal_(0, 0.02 ** 0.5)
                x.add_(noise)
    return run, 1


NETWORK_WORKS = {work.__name__: work
                 for work in (langevin_step, gradient, scoring, training_iteration)}
GAUSSIANS = {"gaussian_langevin_64x8x50": (8, 64, 50),
             "gaussian_langevin_1024x128x200": (128, 1024, 200)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", choices=[*NETWORK_WORKS, *GAUSSIANS], default="langevin_step")
    parser.add_argument("--variant", choices=["eager", "silu", "compile"], default="eager")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1.0, help="time to measure for")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    if args.work in GAUSSIANS:
        run, count = gaussian_langevin(*GAUSSIANS[args.work])
    else:
        model = network(Swish if args.variant == "eager" else nn.SiLU)
        score = torch.compile(model) if args.variant == "compile" else model
        run, count = NETWORK_WORKS[args.work](model, score, args.batch)
    run()
    runs, start = 0, time.perf_counter()
    while runs == 0 or time.perf_counter() - start < args.seconds:
        run()
        runs += 1
    seconds = time.perf_counter() - start
    features = re.search(r"CPU capability usage: (\S+)", torch.__config__.show())
    print(json.dumps({"version": torch.__version__, "features": features[1] if features else "not told",
                      "ms": 1e3 * seconds / (runs * count)}))


if __name__ == "__main__":
    main()
