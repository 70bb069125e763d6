package dev.lapidary.serve.bench;

/**
 * How many requests a second a server answers so that 99 of 100 are answered within a bound.
 *
 * @param server its address, or how it runs
 * @param boundMillis of the p99
 * @param perSecond the highest rate of a Poisson process that was within it; 0 if none was
 * @param tooManyPerSecond the lowest rate that was not
 * @param p99Millis at the highest rate within it
 * @param p99Supported whether there were requests enough to claim it
 * @param answered at that rate
 */
public record HighestRate(
    String server,
    double boundMillis,
    double perSecond,
    double tooManyPerSecond,
    double p99Millis,
    boolean p99Supported,
    long answered) {}
