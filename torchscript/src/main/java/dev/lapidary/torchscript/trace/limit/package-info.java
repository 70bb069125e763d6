/** What a program may use up, and how what it asks for is refused. */
@NullMarked
package dev.lapidary.torchscript.trace.limit;

import org.jspecify.annotations.NullMarked;
