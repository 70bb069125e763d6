/** What a run leaves behind: {@code model.pt} with its card, and the report. */
@NullMarked
package dev.lapidary.trainer.run.delivery;

import org.jspecify.annotations.NullMarked;
