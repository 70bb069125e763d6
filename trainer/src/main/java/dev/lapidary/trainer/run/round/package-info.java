/**
 * Rounds of workers: each {@link dev.lapidary.trainer.run.round.Worker} does its part of a {@link
 * dev.lapidary.trainer.run.round.Round}, {@link dev.lapidary.trainer.run.round.Workers} put their
 * shares together, and {@link dev.lapidary.trainer.run.round.RoundStep} moves the common weights.
 */
@NullMarked
package dev.lapidary.trainer.run.round;

import org.jspecify.annotations.NullMarked;
