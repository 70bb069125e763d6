/** Files written whole or not at all, and text that people wrote: TextFile. */
@NullMarked
package dev.lapidary.core.file;

import org.jspecify.annotations.NullMarked;
