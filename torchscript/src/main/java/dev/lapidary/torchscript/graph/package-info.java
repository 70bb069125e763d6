/** The traced network: aten operators, values, shapes with a dynamic batch. */
@NullMarked
package dev.lapidary.torchscript.graph;

import org.jspecify.annotations.NullMarked;
