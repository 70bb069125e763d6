#!/usr/bin/env python3
"""Trained networks made hard to quantize, whose float32 answers stay what they were.

A comparison program: the product itself needs no Python. It needs what trained.py needs, PyTorch
(`pip install torch`), and the folder of images and networks that trained.py has filled:

    python benchmarks/int8/hard.py FOLDER [ARCH...]     resnet18, mobilenet_v2, mobilenet_v3_small

Channels between two layers are multiplied in the BatchNorm before them and divided in the weights
behind them, in all places of the network where nothing but a Relu, or nothing, lies between: the
first one by 300 or by 30,000, all by 1 to 1,000, all by 1e-7, which gives biases tiny scales; or the
first one is dead: its BatchNorm has no variance and gives 40. Each is exported as float32 and as
int8 with the same options; what int8 keeps is counted on the held-out images, which were neither
trained on nor calibrated on nor seen by the guard. Right is a loss of at most one point, or exit 3.
EXPORTER names a program in place of bin/exporter.
"""
import os
import pathlib
import subprocess
import sys

import trained

# A BatchNorm, the convolution before it, and the one behind it.
PLACES = {
    "resnet18": [
        (f"layer{i}.{k}.bn1", f"layer{i}.{k}.conv1", f"layer{i}.{k}.conv2")
        for i in (1, 2, 3, 4)
        for k in (0, 1)
    ],
    "mobilenet_v2": [
        ("features.1.conv.2", "features.1.conv.1", "features.2.conv.0.0"),
        ("features.17.conv.3", "features.17.conv.2", "features.18.0"),
    ],
    "mobilenet_v3_small": [
        (f"features.{k}.block.{i}.1", f"features.{k}.block.{i}.0", f"features.{k}.block.{i + 1}.0")
        for k in (2, 3)
        for i in (0, 1)
    ],
}
CASES = {
    "as trained": lambda c, channels: 1,
    "outlier x 300": lambda c, channels: 300 if c == 0 else 1,
    "outlier x 30,000": lambda c, channels: 30_000 if c == 0 else 1,
    "ranges 1 to 1,000": lambda c, channels: 1000 ** (c / (channels - 1)),
    "all x 1e-7": lambda c, channels: 1e-7,
    "dead BatchNorm": None,
}


def change(state, case, place):
    import torch

    norm, before, behind = place
    channels = state[f"{norm}.weight"].numel()
    weight = state[f"{behind}.weight"]
    depthwise = weight.shape[1] == 1
    if CASES[case] is None:
        state[f"{before}.weight"][0] *= 1e-12
        state[f"{norm}.running_mean"][0] = 0
        state[f"{norm}.running_var"][0] = 0
        state[f"{norm}.bias"][0] = 40
        (weight[0] if depthwise else weight[:, 0]).div_(40)
        return
    factors = torch.tensor([float(CASES[case](c, channels)) for c in range(channels)])
    state[f"{norm}.weight"] *= factors
    state[f"{norm}.bias"] *= factors
    weight /= factors.reshape(-1, 1, 1, 1) if depthwise else factors.reshape(1, -1, 1, 1)


def make(source, case, places, to):
    import torch

    card = {"card.json": ""}
    network = torch.jit.load(str(source), map_location="cpu", _extra_files=card)
    state = network.state_dict()
    for place in places:
        with torch.no_grad():
            change(state, case, place)
    torch.jit.save(network, str(to), _extra_files=card)


def main(folder, *archs):
    exporter = os.environ.get("EXPORTER", "bin/exporter")
    for arch in archs or PLACES:
        if not (folder / arch / "model.pt").exists():
            continue
        for case in CASES:
            source = f"{folder}/{arch}-hard.pt"
            make(folder / arch / "model.pt", case, PLACES[arch], source)
            float32, int8 = f"{folder}/{arch}-hard.onnx", f"{folder}/{arch}-hard-int8.onnx"
            pathlib.Path(int8).unlink(missing_ok=True)
            export = [exporter, "onnx", source, "--force", f"--out={float32}"]
            subprocess.run(export, check=True, stdout=subprocess.DEVNULL)
            export = [exporter, "onnx", source, f"--out={int8}", "--quantize=int8"]
            export += [f"--calibration={folder}/train"]
            export += os.environ.get("OPTIONS", "").split()
            found = subprocess.run(export, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            lines = [line for line in found.stdout.splitlines() if "ranges by" in line]
            print(f"{arch}, {case}: exit {found.returncode}", *lines, flush=True)
            if found.returncode == 0:
                trained.accuracy(folder, arch, case, float32, int8)
            elif found.returncode != 3:
                sys.exit(found.stdout)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
