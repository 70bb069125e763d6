/**
 * Writes TorchScript archives for inference from traced networks: {@link
 * dev.lapidary.exporter.torchscript.InferenceArchive}. It must not depend on ONNX, nor on libtorch.
 */
@NullMarked
package dev.lapidary.exporter.torchscript;

import org.jspecify.annotations.NullMarked;
