/**
 * What is measured, and never asserted: JMH benchmarks and programs that print ratios of one run.
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.benchmarks;
