/** The traced network: aten operators, values, shapes with a dynamic batch. */
@NullMarked
package dev.lapidary.models.graph;

import org.jspecify.annotations.NullMarked;
