/**
 * How good scores are, where more than one program measures it: {@link
 * dev.lapidary.core.measure.AveragePrecision}, {@link dev.lapidary.core.measure.LabelDecisions},
 * {@link dev.lapidary.core.measure.PairedProportions}. Depends on {@code card} for what a decision
 * is.
 */
@NullMarked
package dev.lapidary.core.measure;

import org.jspecify.annotations.NullMarked;
