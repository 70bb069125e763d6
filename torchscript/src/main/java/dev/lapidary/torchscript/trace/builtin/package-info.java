/**
 * Operators that work on numbers, strings, lists and a tensor's description, and never get into a
 * graph.
 */
@NullMarked
package dev.lapidary.torchscript.trace.builtin;

import org.jspecify.annotations.NullMarked;
