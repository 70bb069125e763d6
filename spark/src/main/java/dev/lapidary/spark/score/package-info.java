/**
 * What runs on executors: an exported file, loaded once a JVM and checked, and batches of a fixed
 * size.
 */
@NullMarked
package dev.lapidary.spark.score;

import org.jspecify.annotations.NullMarked;
