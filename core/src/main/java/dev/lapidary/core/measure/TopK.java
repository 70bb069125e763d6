package dev.lapidary.core.measure;

import java.util.Arrays;

/** The indices of the highest of many scores. */
final class TopK {
  /** Up to so many are kept in order while the scores are passed; more are sorted. */
  private static final int FEW = 16;

  private TopK() {}

  /**
   * The highest first, and of equal ones the one that comes first.
   *
   * @param k so many of them, or all if there are fewer
   */
  static int[] of(float[] scores, int k) {
    int count = Math.min(k, scores.length);
    long[] keys = count <= FEW ? few(scores, count) : all(scores);
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = ~(int) keys[keys.length - 1 - i];
    }
    return indices;
  }

  /** Ascending with the score, and among equal ones descending with the index. */
  private static long key(float score, int index) {
    int bits = Float.floatToIntBits(score);
    int ordered = bits < 0 ? bits ^ 0x7fffffff : bits; // as Float.compare has it
    return ((long) ordered << 32) | (~index & 0xffffffffL);
  }

  private static long[] all(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(scores[i], i);
    }
    Arrays.sort(keys);
    return keys;
  }

  private static long[] few(float[] scores, int count) {
    long[] keys = new long[count];
    Arrays.fill(keys, Long.MIN_VALUE);
    for (int i = 0; i < scores.length; i++) {
      long key = key(scores[i], i);
      int slot = 0;
      while (slot < count && keys[slot] < key) {
        if (slot > 0) {
          keys[slot - 1] = keys[slot];
        }
        slot++;
      }
      if (slot > 0) {
        keys[slot - 1] = key;
      }
    }
    return keys;
  }
}
