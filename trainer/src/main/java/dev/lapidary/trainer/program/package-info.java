/**
 * The training program: a network's TorchScript archive, wrapped in an object whose methods do the
 * mathematics of a step inside libtorch. Entry point: {@link
 * dev.lapidary.trainer.program.TrainingProgram}. The only package of the trainer that touches DJL;
 * knows nothing of plans, data, files of a run.
 */
@NullMarked
package dev.lapidary.trainer.program;

import org.jspecify.annotations.NullMarked;
