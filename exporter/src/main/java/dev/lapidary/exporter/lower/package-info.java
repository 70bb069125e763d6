/**
 * Turns a traced network into ONNX, operator by operator: {@link
 * dev.lapidary.exporter.lower.GraphLowering}. One small class a group of operators, all of the same
 * form; {@code Operators} lists them. Knows nothing of runtimes.
 */
@NullMarked
package dev.lapidary.exporter.lower;

import org.jspecify.annotations.NullMarked;
