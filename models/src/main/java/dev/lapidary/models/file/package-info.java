/** Files written whole or not at all. */
@NullMarked
package dev.lapidary.models.file;

import org.jspecify.annotations.NullMarked;
