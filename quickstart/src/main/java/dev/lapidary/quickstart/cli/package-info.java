/** The command line of {@code bin/quickstart}. */
@NullMarked
package dev.lapidary.quickstart.cli;

import org.jspecify.annotations.NullMarked;
