#!/usr/bin/env python3
"""Trains networks on Fashion-MNIST, quantizes them, and holds int8 to labels and to the clock.

A comparison program: the product itself needs no Python. It needs Pillow, numpy, onnx and
onnxruntime (`pip install pillow numpy onnx onnxruntime`), the images of Debian's package
dataset-fashion-mnist (`apt-get install dataset-fashion-mnist`), and a folder for its results:

    python benchmarks/int8/trained.py images FOLDER [TRAIN HELD_OUT]   PNGs, 3,600 and 10,000
    python benchmarks/int8/trained.py train  FOLDER [ARCH...]          3 to 10 epochs each
    python benchmarks/int8/trained.py run    FOLDER [ARCH...]          int8, beside ONNX Runtime's
    python benchmarks/int8/trained.py table  FOLDER                    what `run` found, as a table
    python benchmarks/int8/trained.py files  FOLDER [ARCH...]          224 pixels, for `speed`
    python benchmarks/int8/trained.py speed  FOLDER [ARCH...]          makes what is missing, times it

`run` prints for each network, and for the file that ONNX Runtime's own quantizer makes of the same
float32 one with the same calibration images: the accuracy of float32 and int8 on the held-out
images, the share of equal answers, the signal to noise of the logits, and the ratio of the least
times in turn on one thread, batches of 1 and 8; of Lapidary's also the times of a file whose layers
are all on integers, whatever the guard says (`--max-drop 100 --force`). Of the held-out images none
was trained on, calibrated on or seen by the guard. `train` goes on where it was interrupted and
leaves out what is trained; `run` leaves out what stands in FOLDER/results.jsonl. `files` makes and
`speed` times networks as large as they are used, hardly trained: for speed weights do not matter.
Beside them stands what OpenVINO gains with NNCF's integers, over its own float32 and over ONNX
Runtime's (`pip install openvino nncf`; left out without). All take what TRAINER and EXPORTER name instead of bin/trainer and bin/exporter.
"""
import filecmp
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
SIDE = 64
# From scratch, on few images: the rate, the batch and the epochs. Transformers and ConvNeXt need a
# lower rate. MobileNet V3 and EfficientNet need many steps for BatchNorm's statistics to be the
# images' own: with batches of 32 some images' activations stay a hundred times the others'.
TRAINED = {
    "resnet18": (0.002, 32, 4),
    "mobilenet_v2": (0.002, 32, 5),
    "mobilenet_v3_small": (0.002, 16, 5),
    "mobilenet_v3_large": (0.002, 16, 4),
    "efficientnet_b0": (0.001, 16, 10),
    "convnext_tiny": (0.0005, 32, 3),
    "vit_b_32": (0.0003, 32, 3),
}
FAST = ["resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0"]


def images(folder, train="3600", held_out="10000"):
    import numpy as np
    from PIL import Image

    for part, source, count in (("train", "train", train), ("held-out", "t10k", held_out)):
        with gzip.open(DATA / f"{source}-images-idx3-ubyte.gz") as file:
            pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
        with gzip.open(DATA / f"{source}-labels-idx1-ubyte.gz") as file:
            labels = np.frombuffer(file.read(), np.uint8, offset=8)
        for i in range(int(count)):
            to = folder / part / str(labels[i])
            to.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels[i]).save(to / f"{i:05d}.png")


def train(folder, *archs):
    for arch in archs or TRAINED:
        trainer, to = os.environ.get("TRAINER", "bin/trainer"), folder / arch
        if (to / "model.pt").exists():
            continue
        if (to / "run.yaml").exists():
            subprocess.run([trainer, "resume", str(to)], check=True)
            continue
        rate, batch, epochs = TRAINED[arch]
        command = [trainer, "run", f"--data={folder}/train", f"--arch={arch}", f"--out={to}"]
        command += [f"--epochs={epochs}", f"--batch-size={batch}", "--seed=1"]
        command += ["--val-split=0.1", "--optimizer=adamw", f"--lr={rate}"]
        command += [f"--input-size={SIDE}", "--augment=none"]
        subprocess.run(command, check=True)


def results(folder):
    """By architecture, what `run` found of it."""
    file = folder / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return {row["arch"]: row for row in rows}


def run(folder, *archs):
    known = results(folder)
    for arch in archs or TRAINED:
        if arch in known or not (folder / arch / "model.pt").exists():
            continue
        row = {"arch": arch}
        export = [os.environ.get("EXPORTER", "bin/exporter"), "onnx", f"{folder}/{arch}", "--force"]
        float32 = f"{folder}/{arch}.onnx"
        subprocess.run(export + ["--out", float32], check=True)
        int8 = ["--quantize=int8", f"--calibration={folder}/train", "--json"]
        ours, all_integers = f"{folder}/{arch}-int8.onnx", f"{folder}/{arch}-all.onnx"
        for path, more in ((ours, []), (all_integers, ["--max-drop=100"])):
            command = export + int8 + more + [f"--out={path}"]
            found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if found.returncode:
                row["refused"] = found.returncode
            else:
                row.setdefault("layers", json.loads(found.stdout)["layersWithWeights"])
        theirs = f"{folder}/{arch}-theirs.onnx"
        runtimes(float32, theirs, calibration(folder, float32, 256))
        for key, name, path in (("ours", "Lapidary", ours), ("theirs", "ONNX Runtime's", theirs)):
            if os.path.exists(path):
                row[key] = accuracy(folder, arch, name, float32, path)
                row[key]["speed"] = speed_of(f"{arch}, {name}", float32, path, SIDE)
        if os.path.exists(ours):
            equal = filecmp.cmp(ours, all_integers, shallow=False)  # nothing went back to floats
            title = f"{arch}, of all integers"
            row["of all-integer speed"] = (
                [1.0, 1.0] if equal else speed_of(title, all_integers, ours, SIDE)
            )
        with open(folder / "results.jsonl", "a") as file:
            file.write(json.dumps(row) + "\n")


def table(folder):
    print("| network | | on integers | accuracy | as float32 | logits | batch 1 | batch 8 | of all-integer speed |")
    print("|---|---|---|---|---|---|---|---|---|")
    for arch, row in results(folder).items():
        for key, name in (("ours", "Lapidary"), ("theirs", "ONNX Runtime's")):
            if key not in row:
                print(f"| {arch} | {name} | refused, exit {row['refused']} | | | | | | |")
                continue
            of = row[key]
            layers = f"{row['layers']['onIntegers']} of {row['layers']['all']}" if key == "ours" else ""
            share = row["of all-integer speed"] if key == "ours" else []
            print(
                f"| {arch} | {name} | {layers} | {of['accuracy'][0]:.2f} to {of['accuracy'][1]:.2f} %"
                f" ({of['accuracy'][1] - of['accuracy'][0]:+.2f}, {of['interval'][0]:+.2f} to {of['interval'][1]:+.2f})"
                f" | {of['same']:.2f} % | {of['snr']:.1f} dB | {of['speed'][0]:.2f} × | {of['speed'][1]:.2f} ×"
                f" | {' and '.join(f'{r:.2f}' for r in share)} |"
            )


def files(folder, *archs):
    """What the networks answer does not matter: they see a few images once."""
    for file in sorted((folder / "train").glob("*/*.png"), key=lambda f: f.name)[:60]:
        to = folder / "few" / file.parent.name
        to.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, to)
    for arch in archs or FAST:
        source = f"{folder}/{arch}-224"
        command = [os.environ.get("TRAINER", "bin/trainer"), "run", f"--data={folder}/few"]
        command += [f"--arch={arch}", f"--out={source}", "--epochs=1", "--lr=0.0001"]
        if not os.path.exists(f"{source}/model.pt"):
            subprocess.run(command, check=True)
        export = [os.environ.get("EXPORTER", "bin/exporter"), "onnx", source, "--force"]
        float32, ours = f"{source}.onnx", f"{source}-int8.onnx"
        int8 = ["--quantize=int8", f"--calibration={folder}/train", f"--out={ours}"]
        int8 += ["--calibration-images=12", "--guard-images=4", "--max-drop=100"]
        theirs = f"{source}-theirs.onnx"
        if not os.path.exists(float32):
            subprocess.run(export + ["--out", float32], check=True)
        if not os.path.exists(ours):
            subprocess.run(export + int8, check=True)
        if not os.path.exists(theirs):
            runtimes(float32, theirs, calibration(folder, float32, 8))
        if not os.path.exists(f"{source}-openvino.xml"):
            openvinos(float32, f"{source}-openvino.xml", calibration(folder, float32, 8))


def speed(folder, *archs):
    files(folder, *archs)
    for arch in archs or FAST:
        source = f"{folder}/{arch}-224"
        float32 = f"{source}.onnx"
        for name, path in (("Lapidary", "int8"), ("ONNX Runtime's", "theirs")):
            speed_of(f"{arch}, {name}", float32, f"{source}-{path}.onnx", 224)
        integers = f"{source}-openvino.xml"
        if os.path.exists(integers):
            openvino = compiled(integers)
            ratios(f"{arch}, OpenVINO beside its float32", compiled(float32), openvino, 224)
            ratios(f"{arch}, OpenVINO beside ONNX Runtime's float32", run_of(float32), openvino, 224)


def openvinos(float32, to, images):
    """NNCF's integers for OpenVINO, as its documentation would have it."""
    try:
        import nncf
        import openvino
    except ImportError as e:
        print(f"OpenVINO is left out: {e}")
        return
    model = openvino.Core().read_model(float32)
    openvino.save_model(nncf.quantize(model, nncf.Dataset(images)), to, compress_to_fp16=False)


def compiled(path):
    """On one thread; floats are float32, where OpenVINO would take bfloat16 if the processor has it."""
    import openvino

    options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(str(path), "CPU", options).create_infer_request()
    return lambda batch: request.infer([batch])


def batches(folder, model, count):
    """Images as the file's card says that they become its input, and their classes."""
    import numpy as np
    from PIL import Image

    card = json.loads(session(model).get_modelmeta().custom_metadata_map["lapidary.card"])
    rule = card["preprocessing"]
    mean, deviation = np.float32(rule["mean"]), np.float32(rule["std"])
    kind = getattr(Image, rule["interpolation"])
    resized, side = rule["resizeSize"], rule["cropWidth"]
    edge = round((resized - side) / 2)
    files = sorted(folder.glob("*/*.png"), key=lambda f: f.name)[:count]
    for file in files:
        image = Image.open(file).convert("RGB").resize((resized, resized), kind)
        image = image.crop((edge, edge, edge + side, edge + side))
        x = (np.asarray(image, np.float32) / 255 - mean) / deviation
        yield np.ascontiguousarray(x.transpose(2, 0, 1)[None]), int(file.parent.name)


def calibration(folder, model, count):
    return [x for x, _ in batches(folder / "train", model, count)]


def runtimes(float32, to, images):
    """ONNX Runtime's own quantizer, as its documentation would have it: prepared, by channel."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(images)

        def get_next(self):
            image = next(self.rest, None)
            return None if image is None else {"input": image}

    quant_pre_process(float32, to, skip_symbolic_shape=True)
    quantize_static(
        to,
        to,
        Reader(),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


def session(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def answer(model, batch):
    return model.run(None, {model.get_inputs()[0].name: batch})[0]


def accuracy(folder, arch, name, float32, path):
    import numpy as np

    models = [session(float32), session(path)]
    rows, labels = [[], []], []
    for x, label in batches(folder / "held-out", float32, 1 << 30):
        labels.append(label)
        for model, row in zip(models, rows):
            row.append(answer(model, x)[0])
    expected, found = (np.stack(row) for row in rows)
    hits = [row.argmax(1) == labels for row in (expected, found)]
    right = [100 * hit.mean() for hit in hits]
    low, high = (100 * end for end in interval(*hits))
    same = 100 * (expected.argmax(1) == found.argmax(1)).mean()
    signal = expected - expected.mean(1, keepdims=True)
    noise = found - found.mean(1, keepdims=True) - signal
    snr = 10 * np.log10((signal**2).sum() / (noise**2).sum())
    print(
        f"{arch}, {name}: accuracy {right[0]:.2f} to {right[1]:.2f} % ({right[1] - right[0]:+.2f}"
        f" points, {low:+.2f} to {high:+.2f} at 95 %) on {len(labels)} held-out images,"
        f" {same:.2f} % as float32, {snr:.1f} dB",
        flush=True,
    )
    return {
        "accuracy": [float(r) for r in right],
        "interval": [float(low), float(high)],
        "same": float(same),
        "snr": float(snr),
    }


def interval(float32, int8):
    """The 95 % interval of what int8 gains: Newcombe's method 10 for paired shares (1998)."""
    n, z = len(float32), 1.959963984540054
    both, first, second = (int(x.sum()) for x in (float32 & int8, float32 & ~int8, int8 & ~float32))
    neither = n - both - first - second

    def wilson(hits):
        share = hits / n
        half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
        return [(share + z * z / (2 * n) + sign * half) / (1 + z * z / n) for sign in (-1, 1)]

    product = both * neither - first * second
    product = max(0, product - n / 2) if product > 0 else product
    margins = ((both + first) * (second + neither) * (both + second) * (first + neither)) ** 0.5
    phi = product / margins if margins else 0
    shares = [(both + second) / n, (both + first) / n]
    one, two = wilson(both + second), wilson(both + first)
    ends = []
    for i in (0, 1):
        a, b = abs(shares[0] - one[i]), abs(two[1 - i] - shares[1])
        ends.append(max(0, a * a - 2 * phi * a * b + b * b) ** 0.5)
    return shares[0] - shares[1] - ends[0], shares[0] - shares[1] + ends[1]


def run_of(path):
    model = session(path)
    return lambda batch: answer(model, batch)


def speed_of(title, float32, path, side):
    return ratios(title, run_of(float32), run_of(path), side)


def ratios(title, first, second, side):
    """Of the least times of both in turn, in batches of 1 and 8."""
    import numpy as np

    found = []
    for n in (1, 8):
        batch = np.random.default_rng(0).normal(size=(n, 3, side, side)).astype(np.float32)
        times = [[], []]
        for _ in range(40):
            for network, list_ in zip((first, second), times):
                start = time.perf_counter()
                network(batch)
                list_.append(time.perf_counter() - start)
        fast = [1000 * min(t) / n for t in times]
        print(
            f"{title}: batch {n}: {fast[0]:.2f} to {fast[1]:.2f} ms an image,"
            f" {fast[0] / fast[1]:.2f} x",
            flush=True,
        )
        found.append(fast[0] / fast[1])
    return found


if __name__ == "__main__":
    commands = {"images": images, "train": train, "run": run, "table": table, "files": files, "speed": speed}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    place = pathlib.Path(sys.argv[2])
    place.mkdir(parents=True, exist_ok=True)
    commands[sys.argv[1]](place, *sys.argv[3:])
