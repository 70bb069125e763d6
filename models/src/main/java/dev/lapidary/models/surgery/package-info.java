/**
 * Archives with a part exchanged: {@link dev.lapidary.models.surgery.ModuleSwap} puts another
 * module where one is, {@link dev.lapidary.models.surgery.LayerOutput} cuts a network at a layer,
 * {@link dev.lapidary.models.surgery.EndingCut} takes off the softmax or sigmoid that it ends in,
 * {@link dev.lapidary.models.surgery.Portable} makes one for a GPU or of float16 run on any CPU,
 * {@link dev.lapidary.models.surgery.NewerCalls} one of a newer PyTorch load in an older libtorch.
 * It knows nothing of the zoo: any archive is good.
 */
@NullMarked
package dev.lapidary.models.surgery;

import org.jspecify.annotations.NullMarked;
