/** What each aten operator does in a trace, by the headings of PyTorch's documentation. */
@NullMarked
package dev.lapidary.torchscript.trace.operator;

import org.jspecify.annotations.NullMarked;
