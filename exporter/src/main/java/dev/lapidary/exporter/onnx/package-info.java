/**
 * ONNX files as a small mutable graph: {@link dev.lapidary.exporter.onnx.OnnxReader} and {@link
 * dev.lapidary.exporter.onnx.OnnxWriter} at the border, {@link
 * dev.lapidary.exporter.onnx.OnnxGraph} inside. Knows nothing of TorchScript or of runtimes.
 */
@NullMarked
package dev.lapidary.exporter.onnx;

import org.jspecify.annotations.NullMarked;
