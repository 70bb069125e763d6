/**
 * Lists of labelled images, one label an image or several: {@link
 * dev.lapidary.core.manifest.ImageList}. Depends on {@code image} for the order of classes alone.
 */
@NullMarked
package dev.lapidary.core.manifest;

import org.jspecify.annotations.NullMarked;
