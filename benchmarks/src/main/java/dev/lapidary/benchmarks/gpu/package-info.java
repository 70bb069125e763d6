/** {@code bin/gpu-proof}: what is proven on a GPU, and on the CPU in its place. */
@org.jspecify.annotations.NullMarked
package dev.lapidary.benchmarks.gpu;
