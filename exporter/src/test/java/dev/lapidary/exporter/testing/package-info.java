/** What several tests of the exporter share. */
@NullMarked
package dev.lapidary.exporter.testing;

import org.jspecify.annotations.NullMarked;
