/**
 * Proves a written file right: the same logits as libtorch's ({@link
 * dev.lapidary.exporter.verify.ParityGate}), of layers on integers the same integers ({@link
 * dev.lapidary.exporter.verify.LayerParity}), accuracy over a folder of images, the golden check.
 * The only package here that runs libtorch.
 */
@NullMarked
package dev.lapidary.exporter.verify;

import org.jspecify.annotations.NullMarked;
