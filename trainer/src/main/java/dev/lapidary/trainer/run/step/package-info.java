/**
 * One optimizer step ({@link dev.lapidary.trainer.run.step.TrainingStep}), and steps that leave the
 * network as it was ({@link dev.lapidary.trainer.run.step.Trial}).
 */
@NullMarked
package dev.lapidary.trainer.run.step;

import org.jspecify.annotations.NullMarked;
