/**
 * Tables in and out: images as a session reads them (ImageTable), predictions that appear whole or
 * not at all (PredictionTable).
 */
@NullMarked
package dev.lapidary.spark.table;

import org.jspecify.annotations.NullMarked;
