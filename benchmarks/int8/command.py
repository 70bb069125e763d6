#!/usr/bin/env python3
"""Processor time and memory of `exporter onnx --quantize int8`, beside NNCF and ONNX Runtime's own.

A comparison program: the product itself needs no Python. It needs Pillow, numpy, onnx, onnxruntime
and NNCF (`pip install pillow numpy onnx onnxruntime nncf`; without nncf it is left out),
and a folder with at least IMAGES pictures:

    python benchmarks/int8/command.py IMAGES_FOLDER [ARCH] [IMAGES]     resnet50, 128

Each quantizes the same float32 file of a network with random weights with the same number of
images, in a process of its own, one after the other. Printed are seconds of processors, seconds by
the clock and the peak of memory, and how many times NNCF's processor time Lapidary's is. EXPORTER
and TRAINER name programs in place of bin/exporter and bin/trainer.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

OTHERS = '''
import pathlib, sys
import numpy as np
from PIL import Image
which, model, to, folder, count = sys.argv[1:]
files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix in (".png", ".jpg"))[:int(count)]
def images():
    for file in files:
        image = Image.open(file).convert("RGB").resize((256, 256), Image.BILINEAR).crop((16, 16, 240, 240))
        x = (np.asarray(image, np.float32) / 255 - np.float32([.485, .456, .406])) / np.float32([.229, .224, .225])
        yield {"input": np.ascontiguousarray(x.transpose(2, 0, 1)[None])}
if which == "nncf":
    import nncf, onnx
    data = nncf.Dataset(list(images()))
    onnx.save(nncf.quantize(onnx.load(model), data, subset_size=len(files)), to)
else:
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process
    class Reader(CalibrationDataReader):
        rest = images()
        def get_next(self):
            return next(self.rest, None)
    quant_pre_process(model, to, skip_symbolic_shape=True)
    quantize_static(to, to, Reader(), per_channel=True, activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8)
'''


def measured(name, command):
    """Seconds of processors of a process, and what it printed last where it failed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak, lines = 0, []
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]))
        except (OSError, IndexError):
            pass
        time.sleep(0.05)
    lines = process.stdout.read().splitlines()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if process.returncode:
        print(f"{name}: left out: {lines[-1] if lines else process.returncode}")
        return None
    clock = time.perf_counter() - start
    print(f"{name}: {cpu:.1f} s of processors, {clock:.1f} s, peak {peak / 1024:.0f} MiB", flush=True)
    return cpu


def main(images, arch="resnet50", count="128"):
    exporter = os.environ.get("EXPORTER", "bin/exporter")
    trainer = os.environ.get("TRAINER", "bin/trainer")
    with tempfile.TemporaryDirectory() as folder:
        source, model = f"{folder}/model.pt", f"{folder}/model.onnx"
        subprocess.run([trainer, "init", "--arch", arch, "--out", source], check=True)
        subprocess.run([exporter, "onnx", source, "--out", model], check=True)
        ours = [exporter, "onnx", source, "--out", f"{folder}/int8.onnx", "--quantize=int8", "--force"]
        # As many images altogether: of a folder a quarter is held out.
        ours += [f"--calibration={images}", f"--calibration-images={count}", "--guard-images=32"]
        others = [sys.executable, "-c", OTHERS]
        found = {"Lapidary": measured("Lapidary", ours)}
        for which, name in (("nncf", "NNCF"), ("runtime", "ONNX Runtime's quantizer")):
            command = others + [which, model, f"{folder}/{which}.onnx", images, count]
            found[name] = measured(name, command)
        for name in ("NNCF", "ONNX Runtime's quantizer"):
            if found[name] and found["Lapidary"]:
                print(f"Lapidary takes {found['Lapidary'] / found[name]:.2f} times the processors of {name}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
