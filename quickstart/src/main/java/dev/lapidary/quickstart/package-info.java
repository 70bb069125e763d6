/**
 * The main job, end to end: train, export, serve, predict, through the programs that a user types.
 * Entry point: {@link dev.lapidary.quickstart.Quickstart}. It depends on the programs by their
 * command lines alone.
 */
@NullMarked
package dev.lapidary.quickstart;

import org.jspecify.annotations.NullMarked;
