/**
 * Weights from the network, kept in a cache: {@link dev.lapidary.core.fetch.WeightsCache}. It knows
 * nothing of what is in a file.
 */
@NullMarked
package dev.lapidary.core.fetch;

import org.jspecify.annotations.NullMarked;
