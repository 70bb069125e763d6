/** Many short runs to choose a configuration by: the grid (SweepPlan) and its halving (Sweep). */
@NullMarked
package dev.lapidary.trainer.run.sweep;

import org.jspecify.annotations.NullMarked;
