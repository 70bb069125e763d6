/**
 * Measures single against batched inference (Benchmark), and servers by their addresses
 * (ServerBenchmark). Drives the network and the servers as users do, and changes neither.
 */
@NullMarked
package dev.lapidary.serve.bench;

import org.jspecify.annotations.NullMarked;
