/**
 * Pretrained tensors by name, from anyone's file, and how they fit a network. Start reading at
 * {@link dev.lapidary.models.weights.WeightsFile}. It must not depend on the zoo: a target is any
 * archive.
 */
@NullMarked
package dev.lapidary.models.weights;

import org.jspecify.annotations.NullMarked;
