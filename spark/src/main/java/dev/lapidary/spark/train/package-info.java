/**
 * Training in rounds of workers on executors: {@link dev.lapidary.spark.train.ClusterWorkers}, each
 * round one job.
 */
@NullMarked
package dev.lapidary.spark.train;

import org.jspecify.annotations.NullMarked;
