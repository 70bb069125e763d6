/**
 * The little of ONNX files that is read without native code: protobuf's fields ({@code Protobuf})
 * and what a graph's last nodes make of its logits ({@code OnnxEnding}).
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.core.onnx;
