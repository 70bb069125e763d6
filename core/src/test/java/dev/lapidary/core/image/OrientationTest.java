package dev.lapidary.core.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tag as Pillow 13's exif_transpose reads it. */
class OrientationTest {
  private static final byte[] NONE = {};
  private static final byte[] XMP_8 = xmp("<rdf:Description tiff:Orientation=\"8\"/>");
  static final List<ByteOrder> ORDERS = List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN);

  @ParameterizedTest
  @FieldSource("ORDERS")
  void isOneOfEight(ByteOrder order) {
    for (int value = 0; value <= 9; value++) {
      int expected = value >= 1 && value <= 8 ? value : 1;
      assertThat(Orientation.of(exif(order, 3, value), NONE)).isEqualTo(expected);
      // Whatever EXIF says, even nonsense, XMP is not asked.
      assertThat(Orientation.of(exif(order, 3, value), XMP_8)).isEqualTo(expected);
    }
  }

  /** TIFF's types by number; LONG is what some phones and editors write. */
  @ParameterizedTest
  @CsvSource({
    "1, 1", "2, 1", "3, 6", "4, 6", "5, 6", "6, 6", "7, 1", "8, 6", "9, 6", "10, 6", "11, 6",
    "12, 6", "13, 6", "14, 8", "16, 6", "77, 8"
  })
  void anyNumberCounts(int type, int expected) {
    for (ByteOrder order : ORDERS) {
      assertThat(Orientation.of(exif(order, type, 6), XMP_8)).isEqualTo(expected);
    }
  }

  @Test
  void numbersThatAreNotWholeAreNone() {
    byte[] half = exif(ByteOrder.BIG_ENDIAN, 11, 6);
    ByteBuffer.wrap(half).putFloat(18, 6.5f);
    assertThat(Orientation.of(half, NONE)).isEqualTo(1);
    byte[] byZero = exif(ByteOrder.BIG_ENDIAN, 5, 6);
    ByteBuffer.wrap(byZero).putInt(30, 0);
    assertThat(Orientation.of(byZero, NONE)).isEqualTo(1);
    byte[] twelveHalves = exif(ByteOrder.BIG_ENDIAN, 5, 12);
    ByteBuffer.wrap(twelveHalves).putInt(30, 2);
    assertThat(Orientation.of(twelveHalves, NONE)).isEqualTo(6);
  }

  @Test
  void itsNameMayStandInFront() {
    byte[] exif = exif(ByteOrder.LITTLE_ENDIAN, 4, 5);
    byte[] named = join("Exif\0\0".getBytes(StandardCharsets.ISO_8859_1), exif);
    assertThat(Orientation.of(named, NONE)).isEqualTo(5);
    assertThat(Orientation.of(Arrays.copyOf(named, 6), XMP_8)).isEqualTo(8);
  }

  /** Broken EXIF is upright, without a word, and never an error. */
  @ParameterizedTest
  @FieldSource("ORDERS")
  void brokenExifIsUprightOrTheTagBeforeTheBreak(ByteOrder order) {
    byte[] exif = exif(order, 3, 6);
    for (int length = 0; length < exif.length; length++) {
      int expected = length < 22 ? 1 : 6;
      assertThat(Orientation.of(Arrays.copyOf(exif, length), NONE)).isEqualTo(expected);
    }
    for (int at = 0; at < exif.length; at++) {
      byte[] changed = exif.clone();
      changed[at] = -1;
      assertThat(Orientation.of(changed, XMP_8)).isBetween(1, 8);
    }
    assertThat(Orientation.of("garbage".getBytes(StandardCharsets.ISO_8859_1), XMP_8)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<d tiff:Orientation=\"6\"/> | 6",
        "<tiff:Orientation>3</tiff:Orientation> | 3",
        "<d tiff:Orientation=\"9\"/> | 1",
        "<d tiff:Orientation=\"0\"/> | 1",
        "<d tiff:Orientation=\"x\" tiff:Orientation=\"7\"/> | 7",
        "<d exif:Orientation=\"6\"/> | 1",
      })
  void xmpCountsWithoutATag(String packet, int expected) {
    assertThat(Orientation.of(NONE, xmp(packet))).isEqualTo(expected);
    byte[] other = exif(ByteOrder.LITTLE_ENDIAN, 3, 6);
    other[10] = 0x0f; // 0x010f, the maker
    assertThat(Orientation.of(other, xmp(packet))).isEqualTo(expected);
  }

  /** An image is never refused for what lies in its texts. */
  @ParameterizedTest
  @ValueSource(strings = {"6", "\nexif\n30\nzz", "\nexif\n30\n4", "\n\n\n", ""})
  void rawProfilesThatAreNoHexadecimalAreUpright(String profile) {
    byte[] chunk = ("Raw profile type exif\0" + profile).getBytes(StandardCharsets.ISO_8859_1);
    PngTexts texts = new PngTexts(chunk);
    texts.chunk("tEXt", 0, chunk.length);
    assertThat(texts.orientation()).isEqualTo(1);
  }

  private static byte[] xmp(String packet) {
    return packet.getBytes(StandardCharsets.UTF_8);
  }

  /** One entry; its value at byte 18 or, if of more than four bytes, at 26. */
  private static byte[] exif(ByteOrder order, int type, int value) {
    boolean outside = type == 5 || type == 10 || type == 12 || type == 16;
    ByteBuffer tiff = ByteBuffer.allocate(outside ? 34 : 26).order(order);
    tiff.put((order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM").getBytes(StandardCharsets.US_ASCII));
    tiff.putShort((short) 42).putInt(8).putShort((short) 1);
    tiff.putShort((short) 0x112).putShort((short) type).putInt(1);
    if (outside) {
      tiff.putInt(26).putInt(0);
    }
    switch (type) {
      case 3, 8 -> tiff.putShort((short) value);
      case 5, 10 -> tiff.putInt(value).putInt(1);
      case 11 -> tiff.putFloat(value);
      case 12 -> tiff.putDouble(value);
      case 16 -> tiff.putLong(value);
      case 4, 9, 13 -> tiff.putInt(value);
      default -> tiff.put((byte) value);
    }
    return tiff.array();
  }

  private static byte[] join(byte[] a, byte[] b) {
    byte[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }
}
