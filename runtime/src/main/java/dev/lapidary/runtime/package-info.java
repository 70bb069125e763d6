/**
 * Exported image classifiers in any Java program. Entry point: {@link
 * dev.lapidary.runtime.Classifier}.
 */
@NullMarked
package dev.lapidary.runtime;

import org.jspecify.annotations.NullMarked;
