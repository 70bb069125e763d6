/**
 * A network over labelled images, without randomness: {@link
 * dev.lapidary.trainer.run.evaluate.Validation} in a run, {@link
 * dev.lapidary.trainer.run.evaluate.Evaluation} and {@link
 * dev.lapidary.trainer.run.evaluate.Features} of a file.
 */
@NullMarked
package dev.lapidary.trainer.run.evaluate;

import org.jspecify.annotations.NullMarked;
