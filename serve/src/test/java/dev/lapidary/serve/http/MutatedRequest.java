package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A request that was changed, with what may be answered.
 *
 * @param wire its bytes
 * @param sample the images that it carries; with {@link Verdict#EITHER} those that it may carry
 * @param framed whether it is clear to anyone where it ends, so that the next one on its connection
 *     must be answered, too
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MutatedRequest(byte[] wire, FuzzSample sample, Verdict verdict, boolean framed) {

  enum Verdict {
    /** The request is right by RFC 9110: each of its images is answered as it must be. */
    WORKS,
    /** The request is wrong: 4xx, or the connection closes. */
    REFUSED,
    /** Nobody can say without reading it as the server does; a 200 must have the right classes. */
    EITHER
  }

  /** How a request is changed; every choice comes from the generator. */
  record Mutation(String name, Change change) {}

  /** Makes one changed request. */
  interface Change {
    MutatedRequest make(RandomGenerator random);
  }

  static MutatedRequest works(RawRequest request, FuzzSample sample) {
    return new MutatedRequest(request.bytes(), sample, Verdict.WORKS, true);
  }

  static MutatedRequest refused(RawRequest request) {
    return new MutatedRequest(
        request.bytes(), new FuzzSample(List.of(), List.of()), Verdict.REFUSED, true);
  }

  static MutatedRequest either(RawRequest request, FuzzSample sample) {
    return new MutatedRequest(request.bytes(), sample, Verdict.EITHER, true);
  }

  boolean isHead() {
    return new String(wire, 0, Math.min(5, wire.length), ISO_8859_1).equals("HEAD ");
  }

  MutatedRequest unframed() {
    return new MutatedRequest(wire, sample, verdict, false);
  }

  MutatedRequest with(byte[] other) {
    return new MutatedRequest(other, sample, verdict, framed);
  }

  static <T> T pick(RandomGenerator random, List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
