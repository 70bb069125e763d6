/** Lapidary runtime. */
@NullMarked
package dev.lapidary.runtime;

import org.jspecify.annotations.NullMarked;
