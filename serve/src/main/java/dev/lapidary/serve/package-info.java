/** Lapidary serve. */
@NullMarked
package dev.lapidary.serve;

import org.jspecify.annotations.NullMarked;
