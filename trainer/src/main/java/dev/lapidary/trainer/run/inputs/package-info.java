/**
 * What a run is made of and where it lies: {@link dev.lapidary.trainer.run.inputs.RunInputs},
 * {@link dev.lapidary.trainer.run.inputs.RunDirectory}.
 */
@NullMarked
package dev.lapidary.trainer.run.inputs;

import org.jspecify.annotations.NullMarked;
