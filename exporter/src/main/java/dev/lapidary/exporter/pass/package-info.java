/**
 * Rewrites of ONNX graphs that keep their results: one class a pass, {@link
 * dev.lapidary.exporter.pass.Passes} runs them. Knows nothing of TorchScript or of runtimes.
 */
@NullMarked
package dev.lapidary.exporter.pass;

import org.jspecify.annotations.NullMarked;
