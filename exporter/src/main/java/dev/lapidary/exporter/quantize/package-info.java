/**
 * Makes a float ONNX graph smaller and faster: static int8 (QuantizeLinear/DequantizeLinear),
 * dynamic int8, fp16. Entry point: {@link dev.lapidary.exporter.quantize.QuantizeOptions#apply}. It
 * depends on the ONNX graph and ONNX Runtime, never on TorchScript or the passes before it.
 */
@NullMarked
package dev.lapidary.exporter.quantize;

import org.jspecify.annotations.NullMarked;
