#!/usr/bin/env python3
"""Answers of a file here and on an emulated CPU without VNNI, where pairs of products may saturate.

A comparison program: the product itself needs no Python. It needs Pillow, numpy, onnx and
onnxruntime (`pip install pillow numpy onnx onnxruntime`) and Debian's qemu-user:

    python benchmarks/int8/haswell.py MODEL.onnx IMAGES     up to 60 images below a folder
    python benchmarks/int8/haswell.py layers                which layers saturate at all

The first prints the greatest difference of an output, and the share of equal answers. The second
makes layers whose weights are all 127 and prints for each whether Haswell computes what this CPU does.
"""
import json
import pathlib
import subprocess
import sys

# Output channels, kernel, groups, input channels of a group.
LAYERS = [(32, 3, 32, 1), (33, 3, 33, 1), (96, 5, 96, 1), (3, 3, 3, 1), (64, 7, 64, 1)]
LAYERS += [(64, 3, 32, 1), (32, 1, 1, 32), (32, 3, 1, 32), (32, 3, 4, 8)]


def session(model):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def layer(outputs, kernel, groups, each):
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    taps = kernel * kernel * each
    constants = {"s": np.float32(1 / 255), "z": np.uint8(0), "o": np.float32(taps * 0.127 / 255)}
    constants["wq"] = np.full((outputs, each, kernel, kernel), 127, np.int8)
    constants["ws"] = np.full(outputs, 1e-3, np.float32)
    constants["wz"] = np.zeros(outputs, np.int8)
    node = helper.make_node
    nodes = [node("QuantizeLinear", ["x", "s", "z"], ["xq"])]
    nodes += [node("DequantizeLinear", ["xq", "s", "z"], ["xd"])]
    nodes += [node("DequantizeLinear", ["wq", "ws", "wz"], ["w"], axis=0)]
    form = {"kernel_shape": [kernel] * 2, "pads": [kernel // 2] * 4, "group": groups}
    nodes += [node("Conv", ["xd", "w"], ["y"], **form)]
    nodes += [node("QuantizeLinear", ["y", "o", "z"], ["yq"])]
    nodes += [node("DequantizeLinear", ["yq", "o", "z"], ["out"])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, groups * each, 14, 14])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    weights = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "layer", [x], [out], weights)
    opset = [helper.make_opsetid("", 19)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()


def of_layers():
    import numpy as np

    rows = []
    for outputs, kernel, groups, each in LAYERS:
        x = 0.7 + 0.3 * np.random.default_rng(0).random((1, groups * each, 14, 14))
        model = session(layer(outputs, kernel, groups, each))
        rows.append(model.run(None, {"x": x.astype(np.float32)})[0].ravel().tolist())
    return rows


def of_images(model, folder):
    import numpy as np
    from PIL import Image

    model, rows = session(model), []
    rule = json.loads(model.get_modelmeta().custom_metadata_map["lapidary.card"])["preprocessing"]
    files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix in (".png", ".jpg"))
    size = (rule["cropWidth"], rule["cropHeight"])
    for file in files[:: max(1, len(files) // 60)][:60]:
        image = Image.open(file).convert("RGB").resize(size, Image.BILINEAR)
        x = (np.asarray(image, np.float32) / 255 - np.float32(rule["mean"])) / np.float32(rule["std"])
        x = np.ascontiguousarray(x.transpose(2, 0, 1)[None])
        rows.append(model.run(None, {model.get_inputs()[0].name: x})[0][0].tolist())
    return rows


def main(*words):
    import numpy as np

    command = [sys.executable, __file__, "answers", *words]
    found = []
    for emulator in ([], ["qemu-x86_64", "-cpu", "Haswell"]):
        done = subprocess.run(emulator + command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        found.append(json.loads(done.stdout))
    if words == ("layers",):
        for form, here, there in zip(LAYERS, *found):
            print("%d outputs, kernel %d, %d groups of %d:" % form, "same" if here == there else "saturates")
        return
    here, there = (np.array(rows) for rows in found)
    same = 100 * (here.argmax(1) == there.argmax(1)).mean()
    print(f"outputs up to {abs(here - there).max():.3g} of {abs(here).max():.3g} off, {same:.1f} % of answers equal")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == "answers":
        print(json.dumps(of_layers() if sys.argv[2] == "layers" else of_images(*sys.argv[2:])))
    else:
        main(*sys.argv[1:])
