/**
 * A stage on a network: what it trains at which rate ({@link
 * dev.lapidary.trainer.run.stage.StageRun}), and how it cuts an epoch into batches and steps.
 */
@NullMarked
package dev.lapidary.trainer.run.stage;

import org.jspecify.annotations.NullMarked;
