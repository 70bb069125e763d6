/** What a person is told while work goes on: lines, and on a terminal a bar (TerminalProgress). */
@NullMarked
package dev.lapidary.core.progress;

import org.jspecify.annotations.NullMarked;
