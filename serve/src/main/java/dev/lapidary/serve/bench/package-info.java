/**
 * Measures single against batched inference. Entry point: {@link
 * dev.lapidary.serve.bench.Benchmark}. Drives the network and the server as users do, and changes
 * neither.
 */
@NullMarked
package dev.lapidary.serve.bench;

import org.jspecify.annotations.NullMarked;
