/** Spark ML: OnnxClassifier, a stage of a Pipeline. */
@NullMarked
package dev.lapidary.spark.ml;

import org.jspecify.annotations.NullMarked;
