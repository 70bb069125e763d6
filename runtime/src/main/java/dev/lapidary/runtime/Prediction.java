package dev.lapidary.runtime;

/**
 * One class or label of an image.
 *
 * @param label its name; its number where the model names none
 * @param index its place in the network's output, from 0
 * @param probability in [0, 1]
 */
public record Prediction(String label, int index, double probability) {}
