/** A call of an operator: its schema, its arguments, and what it may ask of the trace. */
@NullMarked
package dev.lapidary.torchscript.trace.call;

import org.jspecify.annotations.NullMarked;
