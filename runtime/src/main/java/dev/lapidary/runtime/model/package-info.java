/**
 * From a file to a network that is known to answer as it did when it was exported. Entry point:
 * {@link dev.lapidary.runtime.model.ModelLoader}. Knows nothing of HTTP; no libtorch, no DJL.
 */
@NullMarked
package dev.lapidary.runtime.model;

import org.jspecify.annotations.NullMarked;
