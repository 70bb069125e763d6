/**
 * Dynamic batching: bounded admission, one executor that runs whatever has queued. Entry point:
 * {@link dev.lapidary.serve.batch.Batcher}. Knows nothing of HTTP, images or ONNX Runtime.
 */
@NullMarked
package dev.lapidary.serve.batch;

import org.jspecify.annotations.NullMarked;
