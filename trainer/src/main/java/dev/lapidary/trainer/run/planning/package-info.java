/**
 * What a run would do, and which learning rate suits it: {@link
 * dev.lapidary.trainer.run.planning.Planning}, {@link dev.lapidary.trainer.run.planning.FindLr}.
 * Nothing is trained.
 */
@NullMarked
package dev.lapidary.trainer.run.planning;

import org.jspecify.annotations.NullMarked;
