/**
 * The {@code serve} command. Entry point: {@link dev.lapidary.serve.cli.ServeMain}. Parses and
 * prints; what it starts lives in the other packages.
 */
@NullMarked
package dev.lapidary.serve.cli;

import org.jspecify.annotations.NullMarked;
