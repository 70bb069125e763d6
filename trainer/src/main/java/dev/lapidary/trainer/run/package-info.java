/**
 * The loop: from a configuration to a run directory. Entry points: {@link
 * dev.lapidary.trainer.run.Runs} and {@link dev.lapidary.trainer.run.Evaluation}. Knows no command
 * line.
 */
@NullMarked
package dev.lapidary.trainer.run;

import org.jspecify.annotations.NullMarked;
