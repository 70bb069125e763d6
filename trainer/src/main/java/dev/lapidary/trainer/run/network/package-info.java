/**
 * The network that a run begins with ({@link dev.lapidary.trainer.run.network.Network}) and the one
 * it learns from ({@link dev.lapidary.trainer.run.network.Teacher}): read, made to fit the data,
 * and checked.
 */
@NullMarked
package dev.lapidary.trainer.run.network;

import org.jspecify.annotations.NullMarked;
