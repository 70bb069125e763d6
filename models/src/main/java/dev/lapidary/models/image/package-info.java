/** Images: decoding and the one preprocessing of training, calibration and serving. */
@NullMarked
package dev.lapidary.models.image;

import org.jspecify.annotations.NullMarked;
