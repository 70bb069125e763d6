/** What {@code mvn package} leaves to be unpacked and run: DistributionMain. */
@NullMarked
package dev.lapidary.distribution;

import org.jspecify.annotations.NullMarked;
