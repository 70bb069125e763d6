"""python compare.py FOLDER NETWORK...: holds the answers of bin/test-platforms to the library's, and prints its tables.

The first network's with a row a file, the others' with a row a network; target/platforms/files.md has all by file.
"""
import json
import multiprocessing
import pathlib
import statistics
import sys

import numpy as np
import onnx

CLIENTS = ["library", "python", "openvino", "node", "browser", "rust"]
PLATFORMS = CLIENTS + ["libtorch", "reference"]
KINDS = ["none", "int8", "int8-dynamic", "fp16", "embedded", "resize"]
SECONDS = 60  # for the reference evaluator, which is Python


def answers(work, platform):
    """By file name and image, and why files have none."""
    found, errors = {}, {}
    lines, said = work / "answers" / f"{platform}.jsonl", work / "answers" / f"{platform}.err"
    for answer in map(json.loads, lines.read_text().splitlines() if lines.exists() else []):
        found.setdefault(pathlib.Path(answer["model"]).name, {})[answer["image"]] = answer
    for line in said.read_text().splitlines() if said.exists() else []:
        if line.startswith("error: "):
            model, why = line[7:].split(": ", 1)
            errors[pathlib.Path(model).name] = why
    return found, errors


def evaluate(model, images, queue):
    """ONNX's own evaluator on the client's tensors."""
    import client
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.ops.op_dequantize_linear import DequantizeLinear_19

    class DequantizeLinear(DequantizeLinear_19):  # computes the same on int8 since opset 13, but is not found there
        op_domain = ""

        def _run(self, x, scale, zero=None, axis=1, block_size=0, output_dtype=None):
            return super()._run(x, scale, zero, 1 if axis is None else axis)

    try:
        loaded = onnx.load(str(model))
        card = json.loads({p.key: p.value for p in loaded.metadata_props}["lapidary.card"])
        evaluator, name = ReferenceEvaluator(loaded, new_ops=[DequantizeLinear]), loaded.graph.input[0].name
        for image in images:
            outputs = evaluator.run(None, {name: client.preprocess(card, image)})[0][0]
            queue.put((image, {"outputs": outputs.tolist()}))
        queue.put(None)
    except Exception as e:
        queue.put(" ".join(str(e).split())[:200])


def reference(model, images):
    """Answers and no word, or a word why there are none."""
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=evaluate, args=(model, images, queue), daemon=True)
    process.start()
    found = {}
    try:
        while isinstance(got := queue.get(timeout=SECONDS), tuple):
            found[got[0]] = got[1]
        return (found, "") if got is None else ({}, got)
    except Exception:  # queue.Empty
        process.kill()
        return {}, f"took over {SECONDS} s"


class Cell:
    """One file on one platform."""

    def __init__(self, found, library, float32, bound):
        self.asked = self.same = 0
        self.worst, self.bound = 0.0, bound
        for image, answer in found.items():
            wanted, got = np.array(library[image]["outputs"]), np.array(answer["outputs"])
            # NaN is no agreement: it compares as worse than any bound.
            difference = float(np.abs(wanted - got).max()) if wanted.shape == got.shape else float("inf")
            self.worst = max(self.worst, difference if difference == difference else float("inf"))
            best = np.sort(np.array(float32[image]["outputs"]))
            if best[-1] - best[-2] > 2 * bound:
                self.asked += 1
                self.same += int(wanted.argmax() == got.argmax())
        self.right = self.worst <= bound and self.same == self.asked
        times = [a["millis"] for a in found.values() if "millis" in a]
        self.millis = statistics.median(times) if times else None

    def text(self):
        time = "" if self.millis is None else f", {self.millis:.2f} ms"
        text = f"{self.same}/{self.asked}, {self.worst:.1e} of {self.bound:.1e}{time}"
        return text if self.right else f"**{text}**"


def bound_of(card, library):
    greatest = max(abs(x) for a in library.values() for x in a["outputs"])
    noise = (card.get("quantization") or {}).get("logitNoise", 0)
    # A resize in the graph has pixels that are a level off, and other runtimes round as they like.
    return max((5e-3 if card["input"].get("anySize") else 1e-4) * greatest, 2 * noise)


def network_row(cells, name, size):
    """All kinds of a network in one row: images, the worst part of a bound, and the time of float32."""
    row = [name, f"{size / 1e6:.1f} MB"]
    for platform in PLATFORMS:
        own = [c[platform] for c in cells.values() if platform in c]
        if not own:
            row.append("not run")
            continue
        times = [c[platform].millis for kind, c in cells.items() if kind == "none" and platform in c]
        time = "" if not times or times[0] is None else f", {times[0]:.1f} ms"
        text = f"{sum(c.same for c in own)}/{sum(c.asked for c in own)}, {max(c.worst / c.bound for c in own):.2f}{time}"
        row.append(text if all(c.right for c in own) else f"**{text}**")
    return row


def table(head, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def main(work, networks):
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    clients = {p: answers(work, p) for p in PLATFORMS if p != "reference"}
    files, rows, bad, notes = [], [], [], []
    for network in networks:
        cells = {}
        for kind in KINDS:
            model = work / "models" / f"{network}-{kind}.onnx"
            refused = model.with_suffix(".refused")
            if refused.exists():  # with exit 2 or 4 it is said that there is no such file, with others it failed
                code, why = refused.read_text().strip().split(" ", 1)
                (notes if code in ("2", "4") else bad).append(f"{network} {kind} is not exported: {why}")
            if not model.exists():
                continue
            library = clients["library"][0].get(model.name, {})
            if not library:
                bad.append(f"{model.name}: the library gave no answers: {clients['library'][1].get(model.name, '')}")
                continue
            float32 = clients["library"][0].get(f"{network}-none.onnx", library)
            onnx.checker.check_model(str(model), full_check=True)
            card = {p.key: p.value for p in onnx.load(str(model)).metadata_props}["lapidary.card"]
            bound = bound_of(json.loads(card), library)
            cells[kind] = {}
            for platform in PLATFORMS:
                if platform == "reference":
                    found, why = reference(model, list(library)[: 2 if network == networks[0] else 1])
                    if why:
                        notes.append(f"{network} {kind} in the reference evaluator: {why}")
                else:
                    name = model.name if platform != "libtorch" else f"{network}.pt" if kind in ("none", "embedded") else ""
                    found = clients[platform][0].get(name, {})
                    if name in clients[platform][1]:
                        bad.append(f"{name} on {platform}: {clients[platform][1][name]}")
                if found:
                    cells[kind][platform] = cell = Cell(found, library, float32, bound)
                    if not cell.right:
                        bad.append(f"{model.name} on {platform}: {cell.text()}")
            texts = [cells[kind][p].text() if p in cells[kind] else "not run" for p in PLATFORMS]
            files.append([f"{network} {kind.replace('none', 'fp32')}", f"{model.stat().st_size / 1e3:.0f} kB", *texts])
        if cells and network != networks[0]:
            size = (work / "models" / f"{network}-{next(iter(cells))}.onnx").stat().st_size
            rows.append(network_row(cells, f"{network} ({', '.join(cells).replace('none', 'fp32')})", size))
    first = [f for f in files if f[0].startswith(networks[0] + " ")]
    (work / "files.md").write_text(table(["file", "size", *PLATFORMS], files) + "\n")
    print(table(["file", "size", *PLATFORMS], first))
    if rows:
        print("\n" + table(["network", "fp32", *PLATFORMS], rows))
    for note in notes:
        print(f"- {note}")
    for fault in bad:
        print(f"FAILED: {fault}", file=sys.stderr)
    sys.exit(1 if bad or not first else 0)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
