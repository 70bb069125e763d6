/** Quantized tensors and their operators. */
@NullMarked
package dev.lapidary.torchscript.trace.quantized;

import org.jspecify.annotations.NullMarked;
