/**
 * Starts runs, goes on with them, makes them longer: {@link dev.lapidary.trainer.run.Runs}. The
 * packages below stand on each other in this order: network, stage, probe, inputs, frozen,
 * evaluate, step, planning, delivery, loop.
 */
@NullMarked
package dev.lapidary.trainer.run;

import org.jspecify.annotations.NullMarked;
