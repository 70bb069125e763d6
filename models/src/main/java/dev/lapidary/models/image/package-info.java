/**
 * Images: decoding ({@link dev.lapidary.models.image.ImageDecoder}) and the one preprocessing
 * ({@link dev.lapidary.models.image.Preprocessor}) of training, calibration and serving, equal to
 * Pillow's. Depends on the JDK alone.
 */
@NullMarked
package dev.lapidary.models.image;

import org.jspecify.annotations.NullMarked;
