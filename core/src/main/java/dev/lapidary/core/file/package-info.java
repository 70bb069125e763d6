/** Files written whole or not at all. */
@NullMarked
package dev.lapidary.core.file;

import org.jspecify.annotations.NullMarked;
