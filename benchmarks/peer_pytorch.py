# SPDX-License-Identifier: MIT
"""Times Langevin steps of the tutorial's network in PyTorch; prints {"version": ..., "step_ms": ...}.

The work is that of langevin_step.cpp: noise, clamp, gradient with respect to the images, clip,
step, clamp. Variants: `eager` computes swish as x * sigmoid(x), like the tutorial; `silu` uses
torch.nn.SiLU.
"""
import argparse
import json
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


def run_chains(model, chains, steps):
    noise = torch.empty_like(chains)
    chains.requires_grad_(True)
    for _ in range(steps):
        with torch.no_grad():
            noise.normal_(0, 0.005)
            chains.add_(noise).clamp_(-1, 1)
        energy = -model(chains)
        energy.sum().backward()
        with torch.no_grad():
            chains.sub_(10 * chains.grad.clamp_(-0.03, 0.03)).clamp_(-1, 1)
            chains.grad.zero_()
    chains.requires_grad_(False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=["eager", "silu"], default="eager")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = network(Swish if args.variant == "eager" else nn.SiLU).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    chains = torch.rand(args.batch, 1, 28, 28) * 2 - 1
    run_chains(model, chains, 5)
    start = time.perf_counter()
    run_chains(model, chains, args.steps)
    seconds = time.perf_counter() - start
    print(json.dumps({"version": torch.__version__, "step_ms": 1e3 * seconds / args.steps}))


if __name__ == "__main__":
    main()
