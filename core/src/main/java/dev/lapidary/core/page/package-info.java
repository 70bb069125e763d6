/**
 * One page that opens offline: pieces of HTML (Html), tables, charts (LineChart), and how they
 * look.
 */
@NullMarked
package dev.lapidary.core.page;

import org.jspecify.annotations.NullMarked;
