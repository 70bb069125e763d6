package dev.lapidary.models.weights;

import dev.lapidary.core.Hostile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

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
  SAFETENSORS_OVERLAP {
    @Override
    byte[] make(Random random) {
      int step = 1 + random.nextInt(15);
      return safetensors(32 - step, "[4]", 0, 16, "[4]", 16 - step, 32 - step);
    }
  },
  SAFETENSORS_OUT_OF_RANGE {
    @Override
    byte[] make(Random random) {
      long from = 16 + (random.nextLong() >>> 1 + random.nextInt(62)) / 2;
      return random.nextBoolean()
          ? safetensors(32, "[4]", 0, 16, "[4]", from + 1, from + 17)
          : safetensors(32, "[4]", 0, 16, "[4]", 16 - from - 17, 16 - from - 1);
    }
  },
  /** 10^18 elements and more, as the shape says, as the offsets say, or both. */
  SAFETENSORS_ENDLESS {
    @Override
    byte[] make(Random random) {
      long count = 1_000_000_000_000_000_000L + random.nextInt(1 << 30);
      String shape =
          switch (random.nextInt(3)) {
            case 0 -> "[" + count + "]";
            case 1 -> "[1000000000,1000000000," + random.nextInt(9) + 1 + "]";
            default -> "[" + count + "," + count + "]";
          };
      long end = random.nextBoolean() ? 32 : count;
      return safetensors(32, "[4]", 0, 16, shape, 16, end);
    }
  },
  /** A view that begins or ends outside of its storage, or goes backwards. */
  PICKLED_VIEW_OUT_OF_RANGE {
    @Override
    byte[] make(Random random) {
      long far = 1 + (random.nextLong() >>> 1 + random.nextInt(62));
      return switch (random.nextInt(4)) {
        case 0 -> pickledView(random, 4, far, 2, 2, 2, 1);
        case 1 -> pickledView(random, 4, -far, 2, 2, 2, 1);
        case 2 -> pickledView(random, 4, 0, 2, 2, 2 + far, 1);
        default -> pickledView(random, 4, 3, 2, 2, -far, 1);
      };
    }
  },
  /** 10^18 elements: of a storage, of sizes, or of one number seen again and again. */
  PICKLED_VIEW_ENDLESS {
    @Override
    byte[] make(Random random) {
      long count = 1_000_000_000_000_000_000L + random.nextInt(1 << 30);
      return switch (random.nextInt(4)) {
        case 0 -> pickledView(random, count, 0, 2, 2, 2, 1);
        case 1 -> pickledView(random, 4, 0, count, 1, 1, 1);
        case 2 -> pickledView(random, 4, 0, count, 1, 0, 0);
        default -> pickledView(random, 4, 0, count, count, 0, 0);
      };
    }
  },
  CODE_IN_LEGACY_PICKLE {
    @Override
    byte[] make(Random random) {
      List<String> names = List.of("os\nsystem", "builtins\nexec", "posix\npopen", "torch\nload");
      String call = "c" + names.get(random.nextInt(4)) + "\nX\u0002\u0000\u0000\u0000id\u0085R";
      return legacyWith((random.nextBoolean() ? "" : "}0") + call + "0");
    }
  },
  /** Python's objects of every make, in any order: most such pickles hold no tensor. */
  OBJECTS_IN_PICKLE {
    @Override
    byte[] make(Random random) {
      StringBuilder objects = new StringBuilder();
      for (int i = 0; i < 1 + random.nextInt(200); i++) {
        objects.append(OBJECTS.get(random.nextInt(OBJECTS.size())));
      }
      return legacyWith(objects.toString());
    }
  },
  /** Small pickles that would be large: dicts in dicts by few references, long names nested. */
  EXPANDING_PICKLE {
    @Override
    byte[] make(Random random) {
      StringBuilder pickle = new StringBuilder("\u0080\u0002");
      String key = "k".repeat(1 + random.nextInt(200));
      pickle.append("X").append((char) key.length()).append("\u0000\u0000\u0000").append(key);
      pickle.append("q\u0000").append("0}h\u0000").append(TENSOR).append("sq\u0001");
      int depth = 2 + random.nextInt(60);
      for (int i = 0; i < depth; i++) {
        int wide = 1 + random.nextInt(20);
        pickle.append("0}(");
        for (int w = 0; w < wide; w++) {
          pickle.append("h\u0000").append("h").append((char) (1 + i));
        }
        pickle.append("uq").append((char) (2 + i));
      }
      String use = random.nextBoolean() ? "." : "\u0085cmy\nClass\n)\u0081h\u0001b0.";
      Map<String, byte[]> records = new LinkedHashMap<>();
      records.put("data.pkl", Hostile.bytes(pickle + use));
      records.put("data/0", new byte[16]);
      return Hostile.zip("archive/", records);
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

  /** Instructions that make, change, drop or recall something; each leaves the stack as it was. */
  private static final List<String> OBJECTS =
      List.of(
          "cpathlib\nPosixPath\n(X\u0001\u0000\u0000\u0000/tR0",
          "cargparse\nNamespace\n)\u0081}X\u0001\u0000\u0000\u0000aK\u0001sb0",
          "cmy\nDict\n)\u0081(K\u0001K\u0002X\u0001\u0000\u0000\u0000bNu0",
          "cmy\nList\n)\u0081(K\u0001K\u0002e0",
          "cmy\nClass\n}}\u00920",
          "cfunctools\npartial\ncos\nsystem\n\u0085R)R0",
          "c__builtin__\nset\n](K\u0001e\u0085R0",
          "\u008f(K\u0001K\u0002\u00900",
          "(K\u0001\u00910",
          "ccollections\nCounter\n}K\u0001K\u0002s\u0085R0",
          "ccollections\ndefaultdict\nc__builtin__\nlist\n\u0085R0",
          "c_codecs\nencode\n" + text("x") + text("latin1") + "\u0086R0",
          "\u008a\n0123456789" + "0",
          "\u008b\n\u0000\u0000\u0000" + "0123456789" + "0",
          "}K\u0001K\u0002\u0086Ns0",
          "}2K\u0001Nsq\u00c800",
          "(K\u0001K\u00021",
          "C\u0003abc0",
          "B\u0003\u0000\u0000\u0000abc0",
          "ctorch._utils\n_rebuild_sparse_tensor\n(K\u0001tR0");

  /** Of four zeros. */
  private static final String TENSOR =
      "ctorch._utils\n_rebuild_tensor_v2\n("
          + ("("
              + text("storage")
              + "ctorch\nFloatStorage\n"
              + text("0")
              + text("cpu")
              + "K\u0004tQ")
          + "K\u0000K\u0002K\u0002\u0086K\u0002K\u0001\u0086\u0089ccollections\nOrderedDict\n)RtR";

  abstract byte[] make(Random random);

  /** A sound file of tensors whose object begins with more instructions. */
  static byte[] legacyWith(String instructions) {
    byte[] file = fixture("legacy.pth");
    // The object's pickle begins behind the pickles of magic, protocol and system.
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, 139);
    out.writeBytes(Hostile.bytes(instructions));
    out.write(file, 139, file.length - 139);
    return out.toByteArray();
  }

  /** Two float32 tensors, each with its shape and its offsets, before so many bytes of data. */
  static byte[] safetensors(
      int data, String shapeA, long fromA, long toA, String shapeB, long fromB, long toB) {
    String tensor = "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}";
    String a = tensor.formatted("a", shapeA, fromA, toA);
    byte[] json = Hostile.bytes("{" + a + "," + tensor.formatted("b", shapeB, fromB, toB) + "}");
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + data).order(ByteOrder.LITTLE_ENDIAN);
    return file.putLong(json.length).put(json).array();
  }

  /** A saved dict with one float32 matrix, whose storage has four numbers; in both formats. */
  static byte[] pickledView(
      Random random, long claimed, long offset, long rows, long columns, long down, long right) {
    String storage = "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu");
    String tensor =
        "ctorch._utils\n_rebuild_tensor_v2\n("
            + (storage + number(claimed) + "tQ" + number(offset))
            + (number(rows) + number(columns) + "\u0086" + number(down) + number(right) + "\u0086")
            + "\u0089ccollections\nOrderedDict\n)RtR";
    byte[] pickle = Hostile.bytes("\u0080\u0002}" + text("t") + tensor + "s.");
    return random.nextBoolean()
        ? Hostile.zip("archive/", new TreeMap<>(Map.of("data.pkl", pickle, "data/0", new byte[16])))
        : legacy(pickle);
  }

  /** Magic number, protocol, system, object, keys; then the storage's count and numbers. */
  private static byte[] legacy(byte[] object) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(fixture("legacy.pth"), 0, 15);
    out.writeBytes(Hostile.bytes("\u0080\u0002M\u00e9\u0003."));
    out.writeBytes(Hostile.bytes("\u0080\u0002}" + text("little_endian") + "\u0088s."));
    out.writeBytes(object);
    out.writeBytes(Hostile.bytes("\u0080\u0002](" + text("0") + "e."));
    out.writeBytes(ByteBuffer.allocate(8 + 16).order(ByteOrder.LITTLE_ENDIAN).putLong(4).array());
    return out.toByteArray();
  }

  /** BINUNICODE. */
  private static String text(String ascii) {
    return "X" + (char) ascii.length() + "\u0000\u0000\u0000" + ascii;
  }

  /** LONG1 of eight bytes. */
  private static String number(long value) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return "\u008a\b" + new String(bytes.array(), StandardCharsets.ISO_8859_1);
  }

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
