/** The command spark: SparkMain. */
@NullMarked
package dev.lapidary.spark.cli;

import org.jspecify.annotations.NullMarked;
