/** The model card that travels inside every file. */
@NullMarked
package dev.lapidary.core.card;

import org.jspecify.annotations.NullMarked;
