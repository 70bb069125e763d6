/**
 * How a network is best run on this machine, found by measuring: {@link
 * dev.lapidary.runtime.tune.BatchPlan} of {@link dev.lapidary.runtime.tune.LatencyCurve}s.
 */
@NullMarked
package dev.lapidary.runtime.tune;

import org.jspecify.annotations.NullMarked;
