package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tensor.TensorNetwork;
import java.util.function.IntPredicate;

/**
 * The network that a single row runs on while no executor runs anything else, such as one of all
 * threads beside executors of one thread each.
 *
 * @param network takes the same tensors as the executors' own
 * @param isIdle asked then, with the rows that wait: whether nothing is done for any but these,
 *     such as decoding, from which the threads would take the processors. Answers at once
 */
public record WhenIdle(TensorNetwork network, IntPredicate isIdle) {}
