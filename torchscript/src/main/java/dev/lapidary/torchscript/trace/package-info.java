/**
 * The tracer: runs a TorchScript program on symbols and keeps the operators that depend on the
 * input. Start at {@link dev.lapidary.torchscript.trace.Tracer}. Knows nothing of ONNX.
 */
@NullMarked
package dev.lapidary.torchscript.trace;

import org.jspecify.annotations.NullMarked;
