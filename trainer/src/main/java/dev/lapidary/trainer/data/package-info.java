/**
 * Labelled images and the batches made of them. Entry points: {@link
 * dev.lapidary.trainer.data.TrainingData} opens what a run trains on, {@link
 * dev.lapidary.trainer.data.Loader} makes its batches. Must not depend on DJL or on other packages
 * of the trainer but {@code augment}.
 */
@NullMarked
package dev.lapidary.trainer.data;

import org.jspecify.annotations.NullMarked;
