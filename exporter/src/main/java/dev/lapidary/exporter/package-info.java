/** Lapidary exporter. */
@NullMarked
package dev.lapidary.exporter;

import org.jspecify.annotations.NullMarked;
