/** Conventions of all command lines, and the memory that a process takes. */
@NullMarked
package dev.lapidary.core.cli;

import org.jspecify.annotations.NullMarked;
