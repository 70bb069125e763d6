package dev.lapidary.serve.http;

import static dev.lapidary.serve.http.MutatedRequest.either;
import static dev.lapidary.serve.http.MutatedRequest.pick;
import static dev.lapidary.serve.http.MutatedRequest.refused;
import static dev.lapidary.serve.http.MutatedRequest.works;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lapidary.serve.http.MutatedRequest.Mutation;
import dev.lapidary.serve.http.MutatedRequest.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Changes of packed bodies, of chunks, of the images themselves, and of bytes anywhere. */
final class BodyMutations {
  private BodyMutations() {}

  static List<Mutation> all() {
    return List.of(
        new Mutation("right packing", BodyMutations::rightPacking),
        new Mutation("wrong packing", BodyMutations::wrongPacking),
        new Mutation("a bomb", BodyMutations::bomb),
        new Mutation("right chunks", BodyMutations::rightChunks),
        new Mutation("wrong chunks", BodyMutations::wrongChunks),
        new Mutation("a large body", BodyMutations::largeBody),
        new Mutation("a body that is too large", BodyMutations::tooLargeBody),
        new Mutation("an image's bytes", BodyMutations::imageBytes),
        new Mutation("a cut image", BodyMutations::cutImage),
        new Mutation("no image", BodyMutations::noImage),
        new Mutation("an image's size", BodyMutations::imageSize),
        new Mutation("bytes anywhere", BodyMutations::wireBytes),
        new Mutation("bytes more or fewer", BodyMutations::wireLength));
  }

  private interface Packer {
    OutputStream on(OutputStream out) throws IOException;
  }

  private static byte[] pack(byte[] body, Packer packer) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = packer.on(packed)) {
      out.write(body);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return packed.toByteArray();
  }

  private static byte[] gzip(byte[] body) {
    return pack(body, GZIPOutputStream::new);
  }

  private static byte[] deflate(byte[] body, boolean raw) {
    return pack(body, out -> new DeflaterOutputStream(out, new Deflater(6, raw)));
  }

  private static MutatedRequest rightPacking(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    boolean multipart = r.nextBoolean();
    RawRequest request = multipart ? sample.multipart() : sample.json();
    byte[] body = request.body();
    RawRequest packed =
        switch (r.nextInt(8)) {
          case 0 -> request.withBody(gzip(body)).with("Content-Encoding: gzip");
          case 1 -> request.withBody(gzip(body)).with("Content-Encoding: X-GZip");
          case 2 -> request.withBody(deflate(body, false)).with("Content-Encoding: deflate");
          case 3 -> request.withBody(deflate(body, true)).with("Content-Encoding: Deflate");
          case 4 ->
              request.withBody(gzip(deflate(body, false))).with("Content-Encoding: deflate, gzip");
          case 5 ->
              request
                  .withBody(gzip(gzip(body)))
                  .with("Content-Encoding: gzip")
                  .with("Content-Encoding: ,identity, gzip");
          case 6 -> { // two members, which together are the body (RFC 1952 section 2.2)
            byte[] first = gzip(Arrays.copyOf(body, 10));
            byte[] second = gzip(Arrays.copyOfRange(body, 10, body.length));
            yield request
                .withBody(FormMutations.join(first, second))
                .with("Content-Encoding: gzip");
          }
          default -> request.withBody(gzip(body)).chunked(3, 5).with("Content-Encoding: gzip");
        };
    return works(packed, sample);
  }

  private static MutatedRequest wrongPacking(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    RawRequest request = sample.multipart();
    String name = pick(r, List.of("gzip", "deflate", "raw"));
    byte[] packed =
        name.equals("gzip") ? gzip(request.body()) : deflate(request.body(), name.equals("raw"));
    RawRequest said = request.with("Content-Encoding: " + (name.equals("raw") ? "deflate" : name));
    byte[] cut = Arrays.copyOf(packed, r.nextInt(packed.length));
    return switch (r.nextInt(name.equals("raw") ? 4 : 5)) {
      case 0 -> refused(said.withBody(cut));
      case 1 -> refused(said.withBody(FormMutations.join(packed, new byte[] {1, 2, 3, 4, 5})));
      case 2 -> refused(said); // not packed at all
      case 3 ->
          refused(said.withBody(packed).with("Content-Encoding: gzip, gzip, gzip, gzip, gzip"));
      default -> {
        byte[] wrong = packed.clone(); // in the sum over the bytes
        wrong[packed.length - 1 - r.nextInt(name.equals("gzip") ? 8 : 4)] ^=
            (byte) (1 << r.nextInt(8));
        yield refused(said.withBody(wrong));
      }
    };
  }

  private static MutatedRequest largeBody(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    String spaces = " ".repeat(70_000 + r.nextInt(600_000));
    RawRequest request = FuzzSample.json(spaces + sample.jsonText());
    return works(r.nextBoolean() ? request : request.chunked(5, 70_000), sample);
  }

  private static MutatedRequest tooLargeBody(RandomGenerator r) {
    RawRequest request = FuzzSample.of(r, 1).raw();
    byte[] body = Arrays.copyOf(request.body(), (1 << 20) + 1 + r.nextInt(500_000));
    return refused(r.nextBoolean() ? request.withBody(body) : request.withBody(body).chunked(1000));
  }

  private static MutatedRequest bomb(RandomGenerator r) {
    byte[] zeros = new byte[2_000_000 + r.nextInt(2_000_000)];
    RawRequest request = FuzzSample.of(r, 1).raw();
    return switch (r.nextInt(4)) {
      case 3 -> {
        ByteArrayOutputStream members = new ByteArrayOutputStream(); // without content
        byte[] one = gzip(new byte[0]);
        for (int i = 0; i < 200 + r.nextInt(40_000); i++) {
          members.writeBytes(one);
        }
        yield refused(request.withBody(members.toByteArray()).with("Content-Encoding: gzip"));
      }
      case 0 -> refused(request.withBody(gzip(zeros)).with("Content-Encoding: gzip"));
      case 1 -> refused(request.withBody(deflate(zeros, true)).with("Content-Encoding: deflate"));
      default -> refused(request.withBody(gzip(gzip(zeros))).with("Content-Encoding: gzip, gzip"));
    };
  }

  private static MutatedRequest rightChunks(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    int[] sizes = r.ints(r.nextInt(30), 1, 40).toArray();
    RawRequest request = sample.multipart().chunked(sizes);
    String body = new String(request.body(), ISO_8859_1);
    String changed =
        switch (r.nextInt(4)) {
          case 0 -> body.replaceFirst("\r\n", ";ext=\"a\"\r\n");
          case 1 -> "0000" + body;
          case 2 -> body.substring(0, body.length() - 2) + "X-Trailer: a\r\n\r\n";
          default -> body;
        };
    return works(
        new RawRequest(request.startLine(), request.headers(), changed.getBytes(ISO_8859_1)),
        sample);
  }

  private static MutatedRequest wrongChunks(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    RawRequest request = sample.multipart().chunked(r.ints(r.nextInt(10), 1, 40).toArray());
    String body = new String(request.body(), ISO_8859_1);
    int end = body.length() - 5; // of the last chunk
    String changed =
        switch (r.nextInt(8)) {
          case 0 -> "-" + body;
          case 1 -> "0x" + body;
          case 2 -> "zz\r\n" + body;
          case 3 -> body.substring(0, end) + "g\r\n\r\n";
          case 4 -> body.substring(0, end - 2) + "xx0\r\n\r\n";
          case 5 -> "ffffffffffffffffff\r\n" + body;
          case 6 -> body.substring(0, end) + "0\r\nno colon\r\n\r\n";
          default -> "\r\n" + body;
        };
    MutatedRequest wrong =
        refused(
            new RawRequest(request.startLine(), request.headers(), changed.getBytes(ISO_8859_1)));
    return wrong.unframed();
  }

  /** Whatever the bytes are now, they are answered as if nothing but they had come. */
  private static MutatedRequest carrying(RandomGenerator r, List<byte[]> images) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      names.add(i + ".png");
    }
    FuzzSample sample = new FuzzSample(images, names);
    return switch (r.nextInt(3)) {
      case 0 -> works(sample.raw(), sample.unnamed());
      case 1 -> works(sample.multipart(), sample);
      default -> works(sample.json(), sample);
    };
  }

  private static MutatedRequest imageBytes(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    byte[] image = sample.first();
    for (int change = 0; change < 1 + r.nextInt(4); change++) {
      image[r.nextInt(image.length)] ^= (byte) (1 << r.nextInt(8));
    }
    return carrying(r, sample.images());
  }

  private static MutatedRequest cutImage(RandomGenerator r) {
    byte[] image = FuzzSample.image(r);
    byte[] cut = Arrays.copyOf(image, 1 + r.nextInt(image.length - 1));
    byte[] longer = FormMutations.join(image, new byte[1 + r.nextInt(20)]);
    return carrying(r, List.of(r.nextBoolean() ? cut : longer, FuzzSample.image(r)));
  }

  private static MutatedRequest noImage(RandomGenerator r) {
    byte[] bytes = new byte[1 + r.nextInt(300)];
    r.nextBytes(bytes);
    byte[] start =
        pick(r, List.of("\u0089PNG\r\n\u001a\n", "\u00ff\u00d8\u00ff", "GIF89a", "BM", "RIFF", ""))
            .getBytes(ISO_8859_1);
    return carrying(r, List.of(FormMutations.join(start, bytes)));
  }

  private static MutatedRequest imageSize(RandomGenerator r) {
    byte[] image = FuzzSample.image(r);
    image[16 + r.nextInt(8)] = (byte) r.nextInt(256); // PNG's width and height
    return carrying(r, List.of(image, FuzzSample.image(r)));
  }

  private static MutatedRequest wireBytes(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    byte[] wire =
        (r.nextBoolean() ? sample.raw() : sample.multipart()).with("X-Deadline-Ms: 200").bytes();
    int image = FuzzSample.find(wire, sample.first());
    for (int change = 0; change < 1 + r.nextInt(4); change++) {
      int at = r.nextBoolean() ? r.nextInt(image) : r.nextInt(wire.length);
      wire[at] =
          (byte) pick(r, List.of(0, 9, 10, 13, 32, 37, 48, 58, 255, r.nextInt(256))).intValue();
    }
    byte[] seen = Arrays.copyOfRange(wire, image, image + sample.first().length);
    return new MutatedRequest(
        wire, new FuzzSample(List.of(seen), List.of("")), Verdict.EITHER, false);
  }

  private static MutatedRequest wireLength(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    byte[] wire = sample.raw().with("X-Deadline-Ms: 200").bytes();
    int image = FuzzSample.find(wire, sample.first());
    int at = r.nextInt(image);
    int count = 1 + r.nextInt(6);
    byte[] changed;
    if (r.nextBoolean()) {
      byte[] more = new byte[count];
      r.nextBytes(more);
      changed =
          FormMutations.join(
              FormMutations.join(Arrays.copyOf(wire, at), more),
              Arrays.copyOfRange(wire, at, wire.length));
    } else {
      changed =
          FormMutations.join(
              Arrays.copyOf(wire, at),
              Arrays.copyOfRange(wire, Math.min(wire.length, at + count), wire.length));
    }
    // Bytes that the client counted no longer belong to the image if it counted others instead.
    List<byte[]> seen = new ArrayList<>(List.of(sample.first()));
    for (int less = 1; less <= count; less++) {
      seen.add(Arrays.copyOf(sample.first(), sample.first().length - less));
      seen.add(Arrays.copyOfRange(sample.first(), less, sample.first().length));
    }
    List<String> names = new ArrayList<>(java.util.Collections.nCopies(seen.size(), ""));
    return either(sample.raw(), new FuzzSample(seen, names)).with(changed).unframed();
  }
}
