/**
 * Dynamic batching: a queue, and executors that run whatever has queued. Entry point: {@link
 * dev.lapidary.runtime.batch.Batcher}. Knows tensors, but nothing of HTTP, images or ONNX Runtime.
 */
@NullMarked
package dev.lapidary.runtime.batch;

import org.jspecify.annotations.NullMarked;
