#!/usr/bin/env python3
"""Writes small networks by which onnxruntime-web tells what layers cost it on floats and on integers.

It needs numpy and onnx. In a folder of its own:

    npm install onnxruntime-web
    python benchmarks/int8/web.py              writes chains of 1 and 4 equal layers into chains/
    cp benchmarks/int8/web.mjs . && node web.mjs [ROUNDS]

The second prints a line a layer and writes `costs.json`, in the form of the exporter's tables of
costs (`--costs`): a layer takes a third of what three more of it do, the least of many
times in turn on one thread. On a busy machine only times below a millisecond mean something.
"""
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHAPES = [("POINTWISE", c, s) for c, s in ((64, 28), (96, 14), (192, 14), (384, 7))]
SHAPES += [("DEPTHWISE", c, s) for c, s in ((32, 56), (64, 28), (192, 14), (384, 14))]
SHAPES += [("CONVOLUTION", c, s) for c, s in ((32, 28), (64, 14), (128, 7))]
SHAPES += [("MATRIX", c, 1) for c in (256, 512, 1024)]
# Few and many layers, on floats, on integers, and with one on floats between integers.
KINDS = {"f1": (1, False, ()), "f4": (4, False, ()), "i1": (1, True, ()), "i4": (4, True, ())}
KINDS["k4"] = (4, True, (2,))


class Chain:
    def __init__(self, kind, channels, side, integers, kept):
        self.kind, self.channels, self.integers, self.kept = kind, channels, integers, kept
        matrix = kind == "MATRIX"
        self.shape = [1, channels] if matrix else [1, channels, side, side]
        self.nodes, self.constants = [], []
        self.dice = np.random.default_rng(0)

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def quantized(self, value, name):
        self.nodes.append(helper.make_node("QuantizeLinear", [value, "scale", "zero"], [name + "q"]))
        back = helper.make_node("DequantizeLinear", [name + "q", "scale", "zero"], [name + "d"])
        self.nodes.append(back)
        return name + "d"

    def dequantized(self, name, values, scales):
        inputs = [self.constant(name + "q", values), self.constant(name + "s", scales)]
        inputs.append(self.constant(name + "z", np.zeros(len(scales), values.dtype)))
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=0))
        return name

    def layer(self, i, value):
        c = self.channels
        kind = self.kind if i > 0 or self.kind == "MATRIX" else "CONVOLUTION"
        each = 1 if kind == "DEPTHWISE" else c
        window = 3 if kind in ("DEPTHWISE", "CONVOLUTION") else 1
        shape = (c, c) if kind == "MATRIX" else (c, each, window, window)
        weight = self.dice.random(shape).astype(np.float32) / (each * window)
        if self.integers and i not in self.kept:
            scales = np.full(c, weight.max() / 127, np.float32)
            w = self.dequantized(f"w{i}", np.rint(weight / scales[0]).astype(np.int8), scales)
            b = self.dequantized(f"b{i}", np.zeros(c, np.int32), scales / np.float32(255))
        else:
            w = self.constant(f"w{i}", weight)
            b = self.constant(f"b{i}", np.zeros(c, np.float32))
        inputs, to = [value, w, b], [f"y{i}"]
        if kind == "MATRIX":
            self.nodes.append(helper.make_node("Gemm", inputs, to, transB=1))
        else:
            form = {"kernel_shape": [window] * 2, "pads": [window // 2] * 4}
            group = c if kind == "DEPTHWISE" else 1
            self.nodes.append(helper.make_node("Conv", inputs, to, group=group, **form))
        self.nodes.append(helper.make_node("Relu", to, [f"r{i}"]))
        return f"r{i}"

    def model(self, count):
        value = "x"
        if self.integers:
            self.constant("scale", np.float32(1 / 255))
            self.constant("zero", np.uint8(0))
            value = self.quantized("x", "x")
        for i in range(count + 1):
            value = self.layer(i, value)
            floats = [j in self.kept for j in (i, min(i + 1, count))]
            if self.integers and not all(floats):
                value = self.quantized(value, f"a{i}")
        self.nodes.append(helper.make_node("Identity", [value], ["out"]))
        kind = TensorProto.FLOAT
        ends = [helper.make_tensor_value_info(name, kind, self.shape) for name in ("x", "out")]
        graph = helper.make_graph(self.nodes, "chain", ends[:1], ends[1:], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    folder = pathlib.Path("chains")
    folder.mkdir(exist_ok=True)
    for kind, channels, side in SHAPES:
        for name, (count, integers, kept) in KINDS.items():
            chain = Chain(kind, channels, side, integers, kept)
            onnx.save(chain.model(count), folder / f"{kind}_{channels}_{side}.{name}.onnx")
    (folder / "shapes.json").write_text(json.dumps(SHAPES))
