/**
 * What a run tells about itself: lines and a bar on the terminal ({@link
 * dev.lapidary.trainer.report.Progress}), measurements ({@link
 * dev.lapidary.trainer.report.Measures}), the page report.html ({@link
 * dev.lapidary.trainer.report.ReportPage}) and TensorBoard's events. Computes from records; knows
 * neither libtorch nor the loop.
 */
@NullMarked
package dev.lapidary.trainer.report;

import org.jspecify.annotations.NullMarked;
