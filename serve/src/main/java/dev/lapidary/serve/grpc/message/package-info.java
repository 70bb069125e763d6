/** The messages of that protocol over gRPC, which protoc generates: {@code OpenInference}. */
@NullMarked
package dev.lapidary.serve.grpc.message;

import org.jspecify.annotations.NullMarked;
