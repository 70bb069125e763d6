/** Who may use the server: {@link dev.lapidary.serve.access.ApiKeys}, whichever way they come. */
@NullMarked
package dev.lapidary.serve.access;

import org.jspecify.annotations.NullMarked;
