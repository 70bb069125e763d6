package dev.lapidary.torchscript.archive;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Changes a pickle instruction by instruction, so that its machine gets far before it notices. */
final class PickleMutator {
  private PickleMutator() {}

  static byte[] mutate(byte[] pickle, Random random) {
    List<byte[]> instructions = instructions(pickle);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      change(instructions, random);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    instructions.forEach(out::writeBytes);
    return out.toByteArray();
  }

  private static void change(List<byte[]> instructions, Random random) {
    int at = 1 + random.nextInt(instructions.size() - 2);
    byte[] here = instructions.get(at);
    switch (random.nextInt(7)) {
      case 0 -> instructions.remove(at);
      case 1 -> instructions.add(at, here);
      case 2 -> instructions.add(at, any(instructions, random));
      case 3 -> instructions.set(at, any(instructions, random));
      case 4 -> instructions.set(at, alike(instructions, here, random));
      case 5 -> instructions.set(at, new byte[] {(byte) any(Opcode.values(), random).code()});
      default -> instructions.set(at, otherArgument(here, random));
    }
  }

  private static byte[] any(List<byte[]> instructions, Random random) {
    return instructions.get(random.nextInt(instructions.size()));
  }

  private static Opcode any(Opcode[] all, Random random) {
    return all[random.nextInt(all.length)];
  }

  /** Another instruction of the same opcode: another class, name, memo or number of the file. */
  private static byte[] alike(List<byte[]> instructions, byte[] here, Random random) {
    List<byte[]> same = instructions.stream().filter(i -> i[0] == here[0]).toList();
    return same.get(random.nextInt(same.size()));
  }

  private static byte[] otherArgument(byte[] instruction, Random random) {
    byte[] changed = instruction.clone();
    for (int i = 1; i < changed.length; i++) {
      if (random.nextInt(changed.length) == 0) {
        changed[i] = (byte) (random.nextBoolean() ? random.nextInt(256) : changed[i] + 1);
      }
    }
    return changed;
  }

  private static List<byte[]> instructions(byte[] pickle) {
    List<byte[]> instructions = new ArrayList<>();
    for (int at = 0; at < pickle.length; ) {
      int length = 1 + argument(pickle, at);
      instructions.add(Arrays.copyOfRange(pickle, at, at + length));
      at += length;
    }
    return instructions;
  }

  private static int argument(byte[] pickle, int at) {
    Opcode opcode = Opcode.of(pickle[at] & 0xff, PickleDialect.PYTHON).orElseThrow();
    return switch (opcode.argument()) {
      case NONE -> 0;
      case UINT1 -> 1;
      case UINT2 -> 2;
      case UINT4, INT4 -> 4;
      case INT8, FLOAT8 -> 8;
      case LONG1, TEXT1, BYTES1 -> 1 + (pickle[at + 1] & 0xff);
      case LONG4, TEXT4, BYTES4 ->
          4
              + java.nio.ByteBuffer.wrap(pickle)
                  .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                  .getInt(at + 1);
      case TEXT8, BYTES8 ->
          throw new IllegalArgumentException("no pickle that is mutated has " + opcode);
      case LINES2 -> lines(pickle, at + 1, 2) - at - 1;
    };
  }

  private static int lines(byte[] pickle, int from, int count) {
    int at = from;
    for (int line = 0; line < count; at++) {
      line += pickle[at] == '\n' ? 1 : 0;
    }
    return at;
  }
}
