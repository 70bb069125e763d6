/** Lapidary quickstart. */
@NullMarked
package dev.lapidary.quickstart;

import org.jspecify.annotations.NullMarked;
