/**
 * Random changes of training images, with torchvision's parameters and definitions. Entry point:
 * {@link dev.lapidary.trainer.augment.Augmentation}. Each step is a pure function of its image and
 * a random stream; must not depend on files, threads or DJL.
 */
@NullMarked
package dev.lapidary.trainer.augment;

import org.jspecify.annotations.NullMarked;
