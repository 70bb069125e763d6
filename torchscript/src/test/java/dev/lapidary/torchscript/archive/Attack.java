package dev.lapidary.torchscript.archive;

import dev.lapidary.core.Hostile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Ways to make an archive hostile; the same seed makes the same file. */
public enum Attack {
  TRUNCATED {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      return Hostile.cut(archive, random);
    }
  },
  FLIPPED {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      return Hostile.flip(archive, 0, archive.length, random);
    }
  },
  FLIPPED_DIRECTORY {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      int directory =
          ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).getInt(archive.length - 6);
      return Hostile.flip(archive, directory, archive.length, random);
    }
  },
  /** The CRC is right again, so the pickle machine meets it. */
  REARRANGED_PICKLE {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      byte[] alphabet = new byte[Opcode.values().length];
      for (Opcode opcode : Opcode.values()) {
        alphabet[opcode.ordinal()] = (byte) opcode.code();
      }
      return with(records, Hostile.rearrange(records.get("data.pkl"), alphabet, random));
    }
  },
  FLIPPED_PICKLE {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      byte[] pickle = records.get("data.pkl");
      return with(records, Hostile.flip(pickle, 0, pickle.length, random));
    }
  },
  ZIP_BOMB {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      byte[] zeros = new byte[1 << (10 + random.nextInt(15))];
      Map<String, byte[]> packed = new LinkedHashMap<>(records);
      packed.put("code/bomb.py", deflated(zeros));
      byte[] zip = Hostile.zip("m/", packed);
      // The directory's entry says what it holds: the truth, or any size.
      CRC32 crc = new CRC32();
      crc.update(zeros);
      int size = random.nextBoolean() ? zeros.length : random.nextInt() >>> random.nextInt(32);
      int at = directoryEntry(zip, "m/code/bomb.py");
      ByteBuffer.wrap(zip)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putShort(at + 10, (short) 8)
          .putInt(at + 16, (int) crc.getValue())
          .putInt(at + 24, size);
      return zip;
    }
  },
  TRAVERSAL {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      List<String> names =
          List.of(
              "../../etc/passwd", "a/../../b", "\\windows", "a\u0000b", "./x", "a//b", "/x", "..");
      Map<String, byte[]> more = new LinkedHashMap<>(records);
      String name = names.get(random.nextInt(names.size()));
      more.put((random.nextBoolean() ? "extra/" : "code/") + name, new byte[random.nextInt(9)]);
      return Hostile.zip(random.nextInt(4) == 0 ? "/" : "m/", more);
    }
  },
  /** Lists in themselves, deep nesting, and {@code t = (t, t)} over and over. */
  RECURSIVE_PICKLE {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      String head = "\u0080\u0002c__torch__\nM\n)\u0081}(X\u0001\u0000\u0000\u0000a";
      String tail = "ub.";
      int times = 1 + random.nextInt(5000);
      String middle =
          switch (random.nextInt(5)) {
            case 0 -> "]q\u0000h\u0000a";
            case 1 -> "}q\u0000X\u0001\u0000\u0000\u0000bh\u0000s";
            case 2 -> ")" + "\u0085".repeat(times);
            case 3 -> "]".repeat(times) + "a".repeat(times - 1);
            default -> ")" + "q\u0000h\u0000\u0086".repeat(times);
          };
      return with(records, Hostile.bytes(head + middle + tail));
    }
  },
  /** Names that a general unpickler would look up and call. */
  CODE_IN_PICKLE {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      List<String> functions =
          List.of(
              "os\nsystem",
              "posix\nsystem",
              "nt\nsystem",
              "builtins\neval",
              "builtins\nexec",
              "__builtin__\nexec",
              "subprocess\nPopen",
              "runpy\nrun_path",
              "torch\nload",
              "torch.storage\n_load_from_bytes",
              "numpy.core.multiarray\n_reconstruct",
              "builtins\ngetattr",
              "operator\nattrgetter",
              "java.lang.Runtime\nexec",
              "torch.hub\nload",
              "functools\npartial",
              "torch._utils\n_import_dotted_name");
      String function = functions.get(random.nextInt(functions.size()));
      String[] parts = function.split("\n", 2);
      String name =
          random.nextBoolean() ? "c" + function + "\n" : text(parts[0]) + text(parts[1]) + "\u0093";
      String call =
          switch (random.nextInt(3)) {
            case 0 -> text("touch owned") + "\u0085R";
            case 1 -> ")\u0081}" + text("x") + "Nsb";
            default -> "(" + text("echo") + "K\u0001tR";
          };
      String pickle =
          "\u0080\u0004" + (random.nextBoolean() ? "}(" + text("k") : "((") + name + call;
      return with(records, Hostile.bytes(pickle + "u."));
    }
  },
  /** Tensors and storages of sizes that the file does not have. */
  HUGE_TENSOR {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      Map<String, byte[]> more = new LinkedHashMap<>(records);
      more.put("data/0", new byte[8]);
      String storage =
          "("
              + text("storage")
              + "ctorch\nFloatStorage\n"
              + text("0")
              + text("cpu")
              + (random.nextBoolean() ? "K\u0002" : huge(random))
              + "tQ";
      String offset = random.nextInt(3) == 0 ? huge(random) : "K\u0000";
      StringBuilder sizes = new StringBuilder("(");
      StringBuilder strides = new StringBuilder("(");
      for (int i = random.nextInt(5); i >= 0; i--) {
        sizes.append(random.nextInt(3) == 0 ? "K\u0001" : huge(random));
        strides.append(random.nextBoolean() ? "K\u0000" : huge(random));
      }
      String tensor =
          "ctorch._utils\n_rebuild_tensor_v2\n("
              + storage
              + offset
              + sizes
              + "t"
              + strides
              + "t\u0089ccollections\nOrderedDict\n)RtR";
      String module = "\u0080\u0002c__torch__\nM\n)\u0081}(" + text("w") + tensor + "ub.";
      more.put("data.pkl", Hostile.bytes(module));
      return Hostile.zip("m/", more);
    }
  },
  DEEP_NESTING {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      return program(HostileCode.deep(random));
    }
  },
  ENDLESS_LOOP {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      return program(HostileCode.endless(random));
    }
  },
  MUTATED_CODE {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      Map<String, byte[]> changed = new LinkedHashMap<>(records);
      List<String> files =
          records.keySet().stream().filter(name -> name.startsWith("code/")).toList();
      String name = files.get(random.nextInt(files.size()));
      String code = new String(records.get(name), StandardCharsets.UTF_8);
      changed.put(name, CodeMutator.mutate(code, random).getBytes(StandardCharsets.UTF_8));
      return Hostile.zip("m/", changed);
    }
  },
  MUTATED_PICKLE {
    @Override
    public byte[] make(byte[] archive, Map<String, byte[]> records, Random random) {
      return with(records, PickleMutator.mutate(records.get("data.pkl"), random));
    }
  };

  /**
   * @param archive a sound file
   * @param records its records by name below the top folder
   */
  public abstract byte[] make(byte[] archive, Map<String, byte[]> records, Random random);

  private static byte[] with(Map<String, byte[]> records, byte[] pickle) {
    Map<String, byte[]> changed = new LinkedHashMap<>(records);
    changed.put("data.pkl", pickle);
    return Hostile.zip("m/", changed);
  }

  /** A module without weights around a {@code forward}. */
  private static byte[] program(String body) {
    String code =
        "class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n"
            + "  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
            + body.indent(4);
    Map<String, byte[]> records = new LinkedHashMap<>();
    records.put("data.pkl", Hostile.bytes("\u0080\u0002c__torch__\nM\n)\u0081}b."));
    records.put("code/__torch__.py", Hostile.bytes(code));
    records.put("constants.pkl", Hostile.bytes("\u0080\u0002)."));
    records.put("version", Hostile.bytes("10\n"));
    return Hostile.zip("m/", records);
  }

  private static String text(String text) {
    return "X" + (char) text.length() + "\u0000\u0000\u0000" + text;
  }

  /** LONG1 of any size and sign, often near a power of two. */
  private static String huge(Random random) {
    long value = (1L << random.nextInt(64)) + random.nextInt(3) - 1;
    StringBuilder bytes = new StringBuilder("\u008a\u0008");
    for (int i = 0; i < 8; i++) {
      bytes.append((char) ((value >>> (8 * i)) & 0xff));
    }
    return bytes.toString();
  }

  private static byte[] deflated(byte[] bytes) {
    Deflater deflater = new Deflater(1, true);
    deflater.setInput(bytes);
    deflater.finish();
    byte[] packed = new byte[bytes.length / 100 + 1000];
    int length = deflater.deflate(packed);
    deflater.end();
    return Arrays.copyOf(packed, length);
  }

  /** Where the directory's entry of that name begins; the local header comes first. */
  private static int directoryEntry(byte[] zip, String name) {
    byte[] wanted = Hostile.bytes(name);
    for (int i = zip.length - wanted.length; i >= 46; i--) {
      if (Arrays.equals(zip, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i - 46;
      }
    }
    throw new IllegalStateException(name + " not found");
  }
}
