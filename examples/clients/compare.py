"""python compare.py FOLDER: holds the answers of bin/test-platforms to the library's, and prints the table."""
import json
import pathlib
import statistics
import sys

import numpy as np

PLATFORMS = ["library", "python", "openvino", "node", "browser", "libtorch", "reference"]


def answers(path):
    return {a["image"]: a for a in map(json.loads, path.read_text().splitlines())} if path.exists() else {}


def reference(model, work, library):
    """onnx.checker, and ONNX's own evaluator on the library's tensors, of two images."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    import client

    loaded = onnx.load(str(model))
    onnx.checker.check_model(loaded, full_check=True)
    card = {p.key: p.value for p in loaded.metadata_props}["lapidary.card"]
    evaluator, name = ReferenceEvaluator(loaded), loaded.graph.input[0].name
    for image in list(library)[:2]:
        outputs = evaluator.run(None, {name: client.preprocess(json.loads(card), image)})[0][0]
        yield image, {"outputs": outputs.tolist(), "millis": float("nan")}


def main(work):
    bad = 0
    print("| file | size | " + " | ".join(PLATFORMS) + " |")
    print("|---|---|" + "---|" * len(PLATFORMS))
    for model in sorted((work / "models").glob("*.onnx")):
        library = answers(work / "answers" / f"{model.name}.library")
        if not library:
            print(f"SKIPPED: {model.name}: the library gave no answers", file=sys.stderr)
            bad += 1
            continue
        family, kind = model.stem.rsplit("-", 1) if not model.stem.endswith("int8-dynamic") else (model.stem[:-13], "int8-dynamic")
        float32 = answers(work / "answers" / f"{family}-none.onnx.library")
        import onnx

        card = json.loads({p.key: p.value for p in onnx.load(str(model)).metadata_props}["lapidary.card"])
        greatest = max(abs(x) for a in library.values() for x in a["outputs"])
        noise = (card.get("quantization") or {}).get("logitNoise", 0)
        # A resize in the graph has pixels that are a level off, and other runtimes round as they like.
        bound = max((5e-3 if card["input"].get("anySize") else 1e-4) * greatest, 2 * noise)
        cells = []
        for platform in PLATFORMS:
            if platform == "libtorch":
                found = answers(work / "answers" / f"{family}.pt.libtorch") if kind in ("none", "embedded") else {}
            elif platform == "reference":
                try:
                    found = dict(reference(model, work, library))
                except Exception as e:  # an operator that it has not: said, and no failure of the file
                    print(f"SKIPPED: reference evaluator of {model.name}: {str(e).splitlines()[0]}", file=sys.stderr)
                    found = {}
            else:
                found = answers(work / "answers" / f"{model.name}.{platform}")
            cells.append(cell(model.name, platform, library, float32, found, bound))
            bad += cells[-1].startswith("**")
        print(f"| {family} {kind.replace('none', 'fp32')} | {model.stat().st_size / 1e3:.0f} kB | " + " | ".join(cells) + " |")
    sys.exit(1 if bad else 0)


def cell(name, platform, library, float32, found, bound):
    if not found:
        return "not run"
    worst, same, asked = 0.0, 0, 0
    for image, answer in found.items():
        wanted, got = np.array(library[image]["outputs"]), np.array(answer["outputs"])
        worst = max(worst, float(np.abs(wanted - got).max()))
        best = np.sort(np.array(float32[image]["outputs"]))
        if best[-1] - best[-2] > 2 * bound:
            asked += 1
            same += int(wanted.argmax() == got.argmax())
    right = worst <= bound and same == asked
    millis = statistics.median(a["millis"] for a in found.values())
    time = "" if millis != millis else f", {millis:.2f} ms"
    text = f"{same}/{asked}, {worst:.1e} of {bound:.1e}{time}"
    if not right:
        print(f"FAILED: {name} on {platform}: {text}", file=sys.stderr)
    return text if right else f"**{text}**"


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
