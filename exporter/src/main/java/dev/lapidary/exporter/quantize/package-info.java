/**
 * Makes a float ONNX graph smaller and faster: static int8 (QuantizeLinear/DequantizeLinear),
 * dynamic int8, fp16. Entry point: {@code StaticInt8}. It depends on the ONNX graph and ONNX
 * Runtime, never on TorchScript, the passes or the command line.
 */
@NullMarked
package dev.lapidary.exporter.quantize;

import org.jspecify.annotations.NullMarked;
