/**
 * What a run can continue from: the checkpoint's file format, its atomic writing, its two
 * generations. Entry point: {@link dev.lapidary.trainer.checkpoint.Checkpoints}. Needs no libtorch.
 */
@NullMarked
package dev.lapidary.trainer.checkpoint;

import org.jspecify.annotations.NullMarked;
