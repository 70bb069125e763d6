/**
 * Images: decoding ({@link dev.lapidary.core.image.ImageDecoder}) and the one preprocessing ({@link
 * dev.lapidary.core.image.Preprocessor}) of training, calibration and serving, equal to Pillow's.
 * Depends on the JDK alone.
 */
@NullMarked
package dev.lapidary.core.image;

import org.jspecify.annotations.NullMarked;
