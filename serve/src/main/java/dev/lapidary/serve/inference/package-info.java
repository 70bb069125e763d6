/**
 * Inference as the Open Inference Protocol has it, without its transports: what is asked ({@link
 * dev.lapidary.serve.inference.InferenceRequest}), held against what the network takes ({@link
 * dev.lapidary.serve.inference.RequestCheck}), and what is answered. HTTP and gRPC are beside it.
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.serve.inference;
