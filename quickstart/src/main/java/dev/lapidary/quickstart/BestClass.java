package dev.lapidary.quickstart;

/**
 * The best class of one image.
 *
 * @param image path below the data folder, with slashes
 * @param index of the class
 * @param probability after softmax, in [0, 1]
 */
record BestClass(String image, String label, int index, double probability) {}
