package dev.lapidary.trainer.run.round;

import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.program.LossScale;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * What all workers begin a round with. A worker's share is a function of it, of the run's inputs
 * and of the worker's number: a lost one is done again with the same bytes.
 *
 * @param at the first batch, by a worker's own count
 * @param local whether workers take steps of their own, and bring weights rather than gradients
 * @param factors of the schedule, one for each step up to the next meeting
 * @param model all parameters and buffers, by state_dict name, little-endian
 * @param optimizer its state by {@code PARAMETER.SLOT}, likewise; empty where workers take no step
 *     of their own
 */
public record Round(
    Position at,
    boolean local,
    List<Double> factors,
    LossScale lossScale,
    LinkedHashMap<String, byte[]> model,
    LinkedHashMap<String, byte[]> optimizer)
    implements Serializable {}
