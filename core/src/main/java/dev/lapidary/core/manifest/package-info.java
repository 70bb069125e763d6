/**
 * Labelled images as they lie on disk: lists, one label an image or several ({@link
 * dev.lapidary.core.manifest.ImageList}), folders of classes and parts ({@link
 * dev.lapidary.core.manifest.LabelledFolder}), and files of labels. Depends on {@code image} for
 * what a folder holds.
 */
@NullMarked
package dev.lapidary.core.manifest;

import org.jspecify.annotations.NullMarked;
