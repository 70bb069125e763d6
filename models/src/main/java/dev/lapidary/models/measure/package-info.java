/**
 * How good scores are, where more than one program measures it: {@link
 * dev.lapidary.models.measure.AveragePrecision}, {@link
 * dev.lapidary.models.measure.LabelDecisions}. Depends on {@code card} for what a decision is.
 */
@NullMarked
package dev.lapidary.models.measure;

import org.jspecify.annotations.NullMarked;
