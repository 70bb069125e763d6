/**
 * Dynamic batching: a bounded queue, one executor that runs whatever has queued. Entry point:
 * {@link dev.lapidary.runtime.batch.Batcher}. Knows nothing of HTTP, images or ONNX Runtime.
 */
@NullMarked
package dev.lapidary.runtime.batch;

import org.jspecify.annotations.NullMarked;
