#!/usr/bin/env python3
"""Time and memory of an export to ONNX: exporter onnx beside torch.onnx, of the same network.

A comparison program, no part of the product. Needs PyTorch, torchvision, onnx and onnxscript.

    python benchmarks/export/compare.py resnet50

Each round runs, one after the other and each in a process of its own: exporter onnx of a TorchScript archive, which
also runs the file and holds it against libtorch; torch.onnx.export by its dynamo, and by its legacy TorchScript
exporter, of the module that torchvision makes. Printed are medians, and the least and the greatest, of the whole
process, of the export in it (since main; inside torch.onnx.export), of its processor time and of its peak memory.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

SIDE = 224


def module(arch):
    import torch
    import torchvision

    torch.manual_seed(0)
    return torchvision.models.get_model(arch, weights=None).eval()


def save(arch, file):
    import torch

    torch.jit.script(module(arch)).save(file)


def export(kind, arch, file):
    import torch

    network, images = module(arch), torch.zeros(2, 3, SIDE, SIDE)
    begin = time.perf_counter()
    if kind == "dynamo":
        batch = torch.export.Dim("N", min=1, max=1024)
        torch.onnx.export(network, (images,), file, dynamo=True, dynamic_shapes=({0: batch},), external_data=False)
    else:
        torch.onnx.export(network, (images,), file, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "N"}})
    print("exported in %.3f s" % (time.perf_counter() - begin))


def measured(command):
    """Seconds of the process and of the export, processor seconds, MiB."""
    with tempfile.TemporaryFile("w+") as said:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        said.seek(0)
        text = said.read()
    if status != 0:
        raise SystemExit("%s failed:\n%s" % (" ".join(command), text))
    ours = re.search(r"since main +(\d+) ms", text)
    export = int(ours.group(1)) / 1000 if ours else float(re.search(r"exported in ([\d.]+) s", text).group(1))
    return wall, export, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def shown(values, digits):
    return "%.*f (%.*f to %.*f)" % (digits, statistics.median(values), digits, min(values), digits, max(values))


def row(what, ours, other, theirs):
    """Of bin/benchmark speed's table."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    print("| %s | ours: %s | %s: %s | %s |" % (what, shown(ours, 2), other, shown(theirs, 2), shown(ratios, 2)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("arch", nargs="?", default="resnet50")
    parser.add_argument("--exporter", default="bin/exporter")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", action="store_true", help="as bin/benchmark speed prints them")
    parser.add_argument("--kind", help="for its own processes")
    parser.add_argument("--out", help="for its own processes")
    options = parser.parse_args()
    if options.kind == "save":
        return save(options.arch, options.out)
    if options.kind:
        return export(options.kind, options.arch, options.out)
    own = [sys.executable, __file__, options.arch]
    with tempfile.TemporaryDirectory() as folder:
        archive = os.path.join(folder, "network.pt")
        subprocess.run(own + ["--kind", "save", "--out", archive], check=True)
        commands = {"exporter onnx": [options.exporter, "onnx", archive, "--input", "3x%dx%d" % (SIDE, SIDE),
                                      "--out", os.path.join(folder, "ours.onnx"), "--force", "--timings"]}
        for kind in ("dynamo", "legacy"):
            commands["torch.onnx, " + kind] = own + ["--kind", kind, "--out", os.path.join(folder, kind + ".onnx")]
        measured(commands["exporter onnx"])  # a launcher builds, and keeps classes, once
        rows = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                rows[name].append(measured(command))
    if options.rows:
        ours = rows.pop("exporter onnx")
        for name, theirs in rows.items():
            row("export of %s, process, s" % options.arch, [r[0] for r in ours], name, [r[0] for r in theirs])
        return
    print("| %s | process, s | export, s | processors, s | peak, MiB |" % options.arch)
    print("|---|---|---|---|---|")
    for name, rounds in rows.items():
        cells = [shown([r[i] for r in rounds], 0 if i == 3 else 1) for i in range(4)]
        print("| %s | %s |" % (name, " | ".join(cells)))


if __name__ == "__main__":
    main()
