/**
 * Turns a traced network into ONNX, operator by operator: {@link
 * dev.lapidary.exporter.lower.GraphLowering}. One small class a group of operators, by the headings
 * of PyTorch's documentation as the tracer's; {@link dev.lapidary.exporter.lower.Lowerings} lists
 * them. Knows nothing of runtimes.
 */
@NullMarked
package dev.lapidary.exporter.lower;

import org.jspecify.annotations.NullMarked;
