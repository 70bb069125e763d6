/**
 * The commands of {@code trainer}: a class a command, no logic beyond options and messages. Entry
 * point: {@link dev.lapidary.trainer.cli.TrainerMain}. Nothing depends on this package.
 */
@NullMarked
package dev.lapidary.trainer.cli;

import org.jspecify.annotations.NullMarked;
