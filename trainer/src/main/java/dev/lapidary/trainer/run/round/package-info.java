/**
 * Rounds of workers: each {@link dev.lapidary.trainer.run.round.Worker} does its part of a {@link
 * dev.lapidary.trainer.run.round.Round}, a {@link dev.lapidary.trainer.run.round.WorkerGroup} puts
 * the contributions together, and {@link dev.lapidary.trainer.run.round.RoundStep} moves the common
 * weights.
 */
@NullMarked
package dev.lapidary.trainer.run.round;

import org.jspecify.annotations.NullMarked;
