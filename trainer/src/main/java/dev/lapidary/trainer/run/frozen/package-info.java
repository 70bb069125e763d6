/**
 * What the frozen part of a network makes of the images, kept in files: {@link
 * dev.lapidary.trainer.run.frozen.FrozenFeatures}.
 */
@NullMarked
package dev.lapidary.trainer.run.frozen;

import org.jspecify.annotations.NullMarked;
