/** Runs the program's text: statements, expressions, names. */
@NullMarked
package dev.lapidary.torchscript.trace.interpreter;

import org.jspecify.annotations.NullMarked;
