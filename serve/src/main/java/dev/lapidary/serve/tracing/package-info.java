/** Spans of requests by OpenTelemetry, where the server is told of a collector: RequestSpans. */
@NullMarked
package dev.lapidary.serve.tracing;

import org.jspecify.annotations.NullMarked;
