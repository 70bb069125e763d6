/** Lapidary trainer. */
@NullMarked
package dev.lapidary.trainer;

import org.jspecify.annotations.NullMarked;
