#!/usr/bin/env python3
"""Images a second of training, from JPEG to step: trainer run beside PyTorch's own loop.

A comparison program, no part of the product. Needs PyTorch, torchvision, NumPy and Pillow.

    python benchmarks/training/speed.py --trainer bin/trainer resnet18 mobilenet_v2

Each round runs, one after the other, `trainer run`, and in a process of its own PyTorch eager, eager with
channels_last and torch.compile: the same JPEGs (480x360), crop, flip, batches of 16, SGD with momentum, as
many threads. What counts is the last epoch, when all is warm. The median of the rounds is printed.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

BATCH = 16
CLASSES = 4
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def make(folder, images):
    import numpy
    from PIL import Image

    random = numpy.random.default_rng(0)
    for part, count in (("train", images), ("val", BATCH)):
        for i in range(count):
            target = os.path.join(folder, part, "class%d" % (i % CLASSES))
            os.makedirs(target, exist_ok=True)
            coarse = random.integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
            smooth = numpy.asarray(Image.fromarray(coarse).resize((480, 360), Image.BICUBIC), dtype=numpy.int16)
            noisy = numpy.clip(smooth + random.integers(-12, 13, smooth.shape), 0, 255)
            Image.fromarray(noisy.astype(numpy.uint8)).save(os.path.join(target, "%d.jpg" % i), quality=90)


def ours(options, arch):
    with tempfile.TemporaryDirectory() as out:
        command = [options.trainer, "run", "--data", options.data + "/train", "--val", options.data + "/val",
                   "--arch", arch, "--epochs", str(options.epochs), "--freeze-epochs", "0", "--batch-size", str(BATCH),
                   "--optimizer", "sgd", "--lr", "0.01", "--augment", "hflip", "--threads-wait", options.threads_wait,
                   "--out", os.path.join(out, "run")]
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout
    return float(re.findall(r"([\d.]+) images/s", said)[-1])


def torch_loop(kind, arch, data, epochs):
    import torch
    import torchvision
    from torchvision import transforms

    torch.manual_seed(0)
    model = torchvision.models.get_model(arch, num_classes=CLASSES)
    channels_last = kind == "channels_last"
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    run = torch.compile(model) if kind == "compile" else model
    images = torchvision.datasets.ImageFolder(data + "/train", transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.RandomHorizontalFlip(),
        transforms.ToTensor(), transforms.Normalize(MEAN, STD)]))
    loader = torch.utils.data.DataLoader(images, BATCH, shuffle=True, num_workers=os.cpu_count(),
                                         persistent_workers=True, drop_last=True)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    for _ in range(epochs):
        seen, begin = 0, time.perf_counter()
        for x, y in loader:
            if channels_last:
                x = x.contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(run(x), y).backward()
            optimizer.step()
            seen += len(x)
        speed = seen / (time.perf_counter() - begin)
    print(speed)


def theirs(options, kind, arch):
    command = [sys.executable, __file__, "--loop", kind, "--data", options.data, "--epochs", str(options.epochs), arch]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1])


def shown(values, digits):
    return "%.*f (%.*f to %.*f)" % (digits, statistics.median(values), digits, min(values), digits, max(values))


def row(what, ours, other, theirs):
    """Of bin/benchmark speed's table."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    print("| %s | ours: %s | %s: %s | %s |" % (what, shown(ours, 1), other, shown(theirs, 1), shown(ratios, 2)), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("arch", nargs="+")
    parser.add_argument("--trainer", default="bin/trainer")
    parser.add_argument("--threads-wait", default="brief")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--images", type=int, default=160)
    parser.add_argument("--kinds", nargs="+", default=["eager", "channels_last", "compile"])
    parser.add_argument("--rows", action="store_true", help="as bin/benchmark speed prints them")
    parser.add_argument("--data", default="")
    parser.add_argument("--loop", help="for its own processes")
    options = parser.parse_args()
    if options.loop:
        return torch_loop(options.loop, options.arch[0], options.data, options.epochs)
    with tempfile.TemporaryDirectory() as folder:
        options.data = folder
        make(folder, options.images)
        for arch in options.arch:
            mine, other = [], {kind: [] for kind in options.kinds}
            for _ in range(options.rounds):
                mine.append(ours(options, arch))
                for kind in options.kinds:
                    other[kind].append(theirs(options, kind, arch))
            if options.rows:
                for kind in options.kinds:
                    row("JPEG to step, %s, images/s" % arch, mine, "PyTorch " + kind, other[kind])
                continue
            middle = statistics.median(mine)
            print("%-16s trainer run %5.1f images/s (%.1f to %.1f)" % (arch, middle, min(mine), max(mine)), end="")
            for kind in options.kinds:
                them = statistics.median(other[kind])
                print("; PyTorch %s %.1f, ours %.2f of it" % (kind, them, middle / them), end="")
            print(flush=True)


if __name__ == "__main__":
    main()
