package dev.lapidary.trainer.report;

/**
 * A line of {@code metrics.jsonl}. No clock time: equal runs give equal lines.
 *
 * @param stage its name
 * @param epoch counted over the whole run, from 1
 * @param step optimizer steps done
 * @param lr the rate of the head at the epoch's last step
 * @param trainLoss mean over the epoch's images, with smoothing and class weights
 * @param valLoss mean plain cross-entropy
 */
public record EpochMetrics(
    String stage,
    int epoch,
    long step,
    double lr,
    double trainLoss,
    double trainAccuracy,
    double valLoss,
    double valAccuracy,
    boolean best) {}
