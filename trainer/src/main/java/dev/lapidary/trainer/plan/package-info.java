/**
 * What a run is to do, as validated records: configuration, stages, groups, schedules. Entry point:
 * {@link dev.lapidary.trainer.plan.RunConfig}, read and written by {@link
 * dev.lapidary.trainer.plan.RunYaml}. Holds no file of a run, no image and no native array.
 */
@NullMarked
package dev.lapidary.trainer.plan;

import org.jspecify.annotations.NullMarked;
