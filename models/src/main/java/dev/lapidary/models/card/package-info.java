/** The model card that travels inside every file. */
@NullMarked
package dev.lapidary.models.card;

import org.jspecify.annotations.NullMarked;
