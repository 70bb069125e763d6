/**
 * The loop, from the first step or a checkpoint to the finished model: {@link
 * dev.lapidary.trainer.run.loop.Training}.
 */
@NullMarked
package dev.lapidary.trainer.run.loop;

import org.jspecify.annotations.NullMarked;
