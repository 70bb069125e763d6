/** Lapidary on Apache Spark: many images, many machines, the same answers. */
@NullMarked
package dev.lapidary.spark;

import org.jspecify.annotations.NullMarked;
