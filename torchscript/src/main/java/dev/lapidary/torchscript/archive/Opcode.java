package dev.lapidary.torchscript.archive;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The pickle opcodes that PyTorch writes, in archives ({@code torch/csrc/jit/serialization/
 * pickler.h}) and in {@code torch.save} files of protocols 2 to 5 ({@code pickletools.py}). No
 * other is read: what is left out is never written by these protocols without an extension.
 */
enum Opcode {
  PROTO(0x80, Argument.UINT1),
  FRAME(0x95, Argument.INT8),
  STOP('.', Argument.NONE),
  MARK('(', Argument.NONE),
  POP('0', Argument.NONE),
  NONE('N', Argument.NONE),
  NEWTRUE(0x88, Argument.NONE),
  NEWFALSE(0x89, Argument.NONE),
  BININT('J', Argument.INT4),
  BININT1('K', Argument.UINT1),
  BININT2('M', Argument.UINT2),
  LONG1(0x8a, Argument.LONG1),
  BINFLOAT('G', Argument.FLOAT8),
  BINUNICODE('X', Argument.TEXT4),
  SHORT_BINUNICODE(0x8c, Argument.TEXT1),
  BINSTRING('T', Argument.TEXT4),
  SHORT_BINSTRING('U', Argument.TEXT1),
  EMPTY_LIST(']', Argument.NONE),
  APPEND('a', Argument.NONE),
  APPENDS('e', Argument.NONE),
  LIST('l', Argument.NONE),
  EMPTY_TUPLE(')', Argument.NONE),
  TUPLE('t', Argument.NONE),
  TUPLE1(0x85, Argument.NONE),
  TUPLE2(0x86, Argument.NONE),
  TUPLE3(0x87, Argument.NONE),
  EMPTY_DICT('}', Argument.NONE),
  DICT('d', Argument.NONE),
  SETITEM('s', Argument.NONE),
  SETITEMS('u', Argument.NONE),
  GET('h', Argument.UINT1),
  LONG_GET('j', Argument.UINT4),
  PUT('q', Argument.UINT1),
  LONG_PUT('r', Argument.UINT4),
  MEMOIZE(0x94, Argument.NONE),
  GLOBAL('c', Argument.LINES2),
  STACK_GLOBAL(0x93, Argument.NONE),
  NEWOBJ(0x81, Argument.NONE),
  REDUCE('R', Argument.NONE),
  BUILD('b', Argument.NONE),
  BINPERSID('Q', Argument.NONE),
  POP_MARK('1', Argument.NONE, PickleDialect.PYTHON),
  DUP('2', Argument.NONE, PickleDialect.PYTHON),
  LONG4(0x8b, Argument.LONG4, PickleDialect.PYTHON),
  BINBYTES('B', Argument.BYTES4, PickleDialect.PYTHON),
  SHORT_BINBYTES('C', Argument.BYTES1, PickleDialect.PYTHON),
  BINBYTES8(0x8e, Argument.BYTES8, PickleDialect.PYTHON),
  BYTEARRAY8(0x96, Argument.BYTES8, PickleDialect.PYTHON),
  BINUNICODE8(0x8d, Argument.TEXT8, PickleDialect.PYTHON),
  EMPTY_SET(0x8f, Argument.NONE, PickleDialect.PYTHON),
  ADDITEMS(0x90, Argument.NONE, PickleDialect.PYTHON),
  FROZENSET(0x91, Argument.NONE, PickleDialect.PYTHON),
  NEWOBJ_EX(0x92, Argument.NONE, PickleDialect.PYTHON);

  /** What follows the opcode's byte. */
  enum Argument {
    NONE,
    UINT1,
    UINT2,
    UINT4,
    INT4,
    INT8,
    LONG1,
    LONG4,
    FLOAT8,
    TEXT1,
    TEXT4,
    TEXT8,
    BYTES1,
    BYTES4,
    BYTES8,
    LINES2
  }

  private static final Map<Integer, Opcode> BY_CODE =
      Arrays.stream(values()).collect(Collectors.toMap(Opcode::code, o -> o));

  private final int code;
  private final Argument argument;
  private final PickleDialect dialect;

  Opcode(int code, Argument argument) {
    this(code, argument, PickleDialect.TORCH_SCRIPT);
  }

  Opcode(int code, Argument argument, PickleDialect dialect) {
    this.code = code;
    this.argument = argument;
    this.dialect = dialect;
  }

  int code() {
    return code;
  }

  Argument argument() {
    return argument;
  }

  /** The opcode, if it is one that a pickle of the dialect has: Python's has all of them. */
  static Optional<Opcode> of(int code, PickleDialect reader) {
    return Optional.ofNullable(BY_CODE.get(code))
        .filter(o -> o.dialect == PickleDialect.TORCH_SCRIPT || reader == PickleDialect.PYTHON);
  }
}
