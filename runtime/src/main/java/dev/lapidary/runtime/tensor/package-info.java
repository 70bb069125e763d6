/**
 * Named typed tensors, and networks of them: {@link dev.lapidary.runtime.tensor.TensorNetwork}. Its
 * names are those of the Open Inference Protocol. Knows nothing of HTTP or gRPC.
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.runtime.tensor;
