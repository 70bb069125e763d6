package dev.lapidary.models.weights;

import dev.lapidary.models.Hostile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Ways to make a weights file hostile; the same seed makes the same file. */
enum WeightsAttack {
  TRUNCATED {
    @Override
    byte[] make(Random random) {
      return Hostile.cut(anyFixture(random), random);
    }
  },
  FLIPPED {
    @Override
    byte[] make(Random random) {
      byte[] file = anyFixture(random);
      return Hostile.flip(file, 0, file.length, random);
    }
  },
  REARRANGED {
    @Override
    byte[] make(Random random) {
      return Hostile.rearrange(anyFixture(random), Hostile.bytes("\u0080(){}[]\"0,RbQ"), random);
    }
  },
  SAFETENSORS_HEADER_LENGTH {
    @Override
    byte[] make(Random random) {
      byte[] file = fixture("reference.safetensors");
      long length = random.nextLong() >>> random.nextInt(64);
      ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
      return file;
    }
  },
  SAFETENSORS_HEADER {
    @Override
    byte[] make(Random random) {
      byte[] file = fixture("reference.safetensors");
      int header = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
      return Hostile.flip(file, 8, 8 + header, random);
    }
  },
  /** Overlaps, holes, ends behind the file, wrapped sums, 10^18 elements. */
  SAFETENSORS_OFFSETS {
    @Override
    byte[] make(Random random) {
      StringBuilder header = new StringBuilder("{");
      int data = random.nextInt(64);
      for (int i = 0; i < 1 + random.nextInt(3); i++) {
        String shape = random.nextBoolean() ? "2" : number(random) + "," + number(random);
        header.append(i == 0 ? "" : ",").append("\"t").append(i).append("\":{\"dtype\":\"F32\",");
        header.append("\"shape\":[").append(shape).append("],\"data_offsets\":[");
        header.append(number(random)).append(',').append(number(random)).append("]}");
      }
      byte[] json = Hostile.bytes(header + "}");
      ByteBuffer file = ByteBuffer.allocate(8 + json.length + data).order(ByteOrder.LITTLE_ENDIAN);
      return file.putLong(json.length).put(json).array();
    }
  },
  CODE_IN_LEGACY_PICKLE {
    @Override
    byte[] make(Random random) {
      List<String> names = List.of("os\nsystem", "builtins\nexec", "posix\npopen", "torch\nload");
      byte[] file = fixture("legacy.pth");
      String call = "c" + names.get(random.nextInt(4)) + "\nX\u0002\u0000\u0000\u0000id\u0085R";
      // The object's pickle begins behind the pickles of magic, protocol and system.
      String before = random.nextBoolean() ? "" : "}0";
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(file, 0, 139);
      out.writeBytes(Hostile.bytes(before + call + "0"));
      out.write(file, 139, file.length - 139);
      return out.toByteArray();
    }
  },
  CODE_IN_ZIP_PICKLE {
    @Override
    byte[] make(Random random) {
      List<String> names = List.of("os\nsystem", "builtins\neval", "sys\nexit", "numpy\nload");
      String call = "c" + names.get(random.nextInt(4)) + "\nX\u0002\u0000\u0000\u0000id\u0085R.";
      Map<String, byte[]> records = new LinkedHashMap<>();
      records.put("data.pkl", Hostile.bytes("\u0080\u0002" + "}".repeat(random.nextInt(9)) + call));
      return Hostile.zip("archive/", records);
    }
  },
  ONNX {
    @Override
    byte[] make(Random random) {
      byte[] file = OnnxInitializersTest.model();
      return random.nextBoolean()
          ? Hostile.flip(file, 0, file.length, random)
          : Hostile.rearrange(file, Hostile.bytes("\b\n:*\"\u00ff\u0080"), random);
    }
  };

  private static final List<String> FIXTURES =
      List.of(
          "zip.pth",
          "legacy.pth",
          "protocol4.pth",
          "checkpoint.pth",
          "checkpoint-ema.pth",
          "reference.safetensors",
          "kinds.pt");

  abstract byte[] make(Random random);

  static byte[] fixture(String name) {
    try {
      return Files.readAllBytes(Fixtures.file(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] anyFixture(Random random) {
    return fixture(FIXTURES.get(random.nextInt(FIXTURES.size())));
  }

  private static String number(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> "0";
      case 1 -> "8";
      case 2 -> "1000000000000000000";
      case 3 -> "-" + random.nextInt(9);
      case 4 -> String.valueOf(random.nextInt(64));
      default -> Long.toUnsignedString(random.nextLong() >>> random.nextInt(64));
    };
  }
}
