package dev.lapidary.serve.http;

import java.util.Arrays;

/** The places of the highest of many scores. */
final class Best {
  /** Up to so many are kept in order while the scores are passed; more are sorted. */
  private static final int FEW = 16;

  private Best() {}

  /**
   * The highest first, and of equal ones the one that comes first.
   *
   * @param most of them
   */
  static int[] of(float[] scores, int most) {
    int count = Math.min(most, scores.length);
    long[] keys = count <= FEW ? few(scores, count) : all(scores);
    int[] places = new int[count];
    for (int i = 0; i < count; i++) {
      places[i] = ~(int) keys[keys.length - 1 - i];
    }
    return places;
  }

  /** Ascending with the score, and among equal ones descending with the place. */
  private static long key(float score, int place) {
    int bits = Float.floatToIntBits(score);
    int ordered = bits < 0 ? bits ^ 0x7fffffff : bits; // as Float.compare has it
    return ((long) ordered << 32) | (~place & 0xffffffffL);
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
      int place = 0;
      while (place < count && keys[place] < key) {
        if (place > 0) {
          keys[place - 1] = keys[place];
        }
        place++;
      }
      if (place > 0) {
        keys[place - 1] = key;
      }
    }
    return keys;
  }
}
