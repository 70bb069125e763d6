/**
 * Weights from the network, kept in a cache: {@link dev.lapidary.models.fetch.WeightsCache}. It
 * knows nothing of what is in a file.
 */
@NullMarked
package dev.lapidary.models.fetch;

import org.jspecify.annotations.NullMarked;
