/** Conventions of all command lines. */
@NullMarked
package dev.lapidary.models.cli;

import org.jspecify.annotations.NullMarked;
