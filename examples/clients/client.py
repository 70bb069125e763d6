"""python client.py [--openvino] MODEL.onnx|MODEL.pt... IMAGE...: one JSON line an image.

Needs numpy and Pillow, and onnxruntime, openvino or torch (a .pt). All that is said of the model is its card's.
"""
import json
import sys
import time

import numpy as np
from PIL import Image, ImageOps

FILTERS = {name: getattr(Image.Resampling, name) for name in ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS")}


def open_onnx(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    card = json.loads(session.get_modelmeta().custom_metadata_map["lapidary.card"])
    return card, lambda tensor: session.run(None, {name: tensor})[0]


def open_openvino(path):
    import onnx
    import openvino

    card = {p.key: p.value for p in onnx.load(path, load_external_data=False).metadata_props}["lapidary.card"]
    # Its default on some processors is bfloat16, which no card promises.
    model = openvino.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return json.loads(card), lambda tensor: model(tensor)[0]


def open_libtorch(path):
    import torch

    files = {"card.json": ""}
    network = torch.jit.load(path, map_location="cpu", _extra_files=files).eval()
    with torch.inference_mode():
        return json.loads(files["card.json"]), lambda tensor: network(torch.from_numpy(tensor)).detach().numpy()


def preprocess(card, path):
    rule = card["preprocessing"]
    image = ImageOps.exif_transpose(Image.open(path))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, rule.get("alpha", "black")), image)
    image = image.convert("RGB")
    if card["input"].get("anySize"):  # exported with --embed-resize: the graph does all the rest
        return np.asarray(image)[None]
    height, width = rule["cropHeight"], rule["cropWidth"]
    how = FILTERS[rule["interpolation"]]
    if rule["resize"] == "SHORTER_SIDE":
        size, (w, h) = rule["resizeSize"], image.size
        image = image.resize((size, int(size * h / w)) if w <= h else (int(size * w / h), size), how)
    elif rule["resize"] == "EXACT":
        image = image.resize((width, height), how)
    elif rule["resize"] == "FIT_PAD":
        image = ImageOps.pad(image, (width, height), how)
    left, top = int(round((image.width - width) / 2)), int(round((image.height - height) / 2))
    image = image.crop((left, top, left + width, top + height))
    if rule["colour"] == "GRAY":
        image = image.convert("L")
    levels = np.asarray(image).reshape(1, height, width, -1)
    if card["input"]["dtype"] == "uint8":
        return levels
    tensor = levels.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    mean, std = (np.float32(rule[key]).reshape(1, -1, 1, 1) for key in ("mean", "std"))
    return np.ascontiguousarray((tensor - mean) / std)


def classes(card, outputs, count=5):
    scores = outputs.astype(np.float64)
    if card.get("scores", "logits") == "logits":
        if card.get("activation") == "sigmoid":
            scores = 1 / (1 + np.exp(-scores))
        else:
            scores = np.exp(scores - scores.max())
            scores /= scores.sum()
    labels = card["labels"] or [str(i) for i in range(len(scores))]
    best = np.argsort(-scores, kind="stable")[:count]
    return [{"label": labels[i], "index": int(i), "probability": float(scores[i])} for i in best]


def classify(model, images, other):
    card, run = (open_libtorch if model.endswith(".pt") else open_openvino if other else open_onnx)(model)
    if card.get("format", 1) > 2:
        raise ValueError(f"a card of format {card['format']}, expected at most 2: use a newer client")
    for image in images:
        tensor = preprocess(card, image)
        begin = time.perf_counter()
        outputs = np.asarray(run(tensor))[0]
        millis = (time.perf_counter() - begin) * 1e3
        answer = {"image": image, "classes": classes(card, outputs), "outputs": outputs.tolist(), "millis": millis}
        print(json.dumps({"model": model, **answer}), flush=True)


def main(arguments):
    other = arguments[0] == "--openvino"
    files = arguments[1:] if other else arguments
    failed = False
    for model in [f for f in files if f.endswith((".onnx", ".pt"))]:
        try:
            classify(model, [f for f in files if not f.endswith((".onnx", ".pt"))], other)
        except Exception as e:  # of one file: the others are tried
            print(f"error: {model}: {' '.join(str(e).split())}", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main(sys.argv[1:])
