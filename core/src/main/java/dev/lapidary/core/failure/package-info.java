/** What goes wrong, said in one line, with the exit code. */
@NullMarked
package dev.lapidary.core.failure;

import org.jspecify.annotations.NullMarked;
