/** A function for SQL: OnnxFunction. */
@NullMarked
package dev.lapidary.spark.sql;

import org.jspecify.annotations.NullMarked;
