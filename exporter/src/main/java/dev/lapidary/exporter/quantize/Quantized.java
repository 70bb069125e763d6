package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.models.card.ModelCard;

/**
 * A quantized graph and what was measured on the way.
 *
 * @param graph with the metadata of the float one
 * @param card for the model card
 * @param argmaxAgreement with the float model over the calibration images, in [0, 1]
 * @param latency on this machine; for the user's eyes, never for the card
 */
public record Quantized(
    OnnxGraph graph, ModelCard.Quantization card, double argmaxAgreement, Latency latency) {}
