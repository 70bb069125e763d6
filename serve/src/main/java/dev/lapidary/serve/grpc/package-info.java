/** The Open Inference Protocol over gRPC: {@code InferenceGrpcServer}. */
@org.jspecify.annotations.NullMarked
package dev.lapidary.serve.grpc;
