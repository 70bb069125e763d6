/**
 * Named typed tensors as the Open Inference Protocol has them, and networks of them: {@link
 * dev.lapidary.serve.tensor.TensorNetwork}. Knows nothing of HTTP or gRPC.
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.serve.tensor;
