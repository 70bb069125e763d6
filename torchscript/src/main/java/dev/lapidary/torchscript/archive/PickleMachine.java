package dev.lapidary.torchscript.archive;

import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyFloat;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a pickle to the value that it describes: a fixed list of opcodes and no code. An archive's
 * names are out of a fixed list; Python's may be any, and what is no tensor data stays a name.
 * Spec: {@code torch/csrc/jit/serialization/unpickler.cpp}, CPython's {@code pickletools.py}.
 *
 * <p>Of our own, since the file may be hostile: a general unpickler such as net.razorvine:pickle
 * knows every opcode and cannot be told how large its stack, memo and integers may grow. Each
 * opcode here costs time and memory proportional to its own bytes, so a pickle cannot ask for more
 * than a fixed multiple of its size, and {@link PyTree} refuses what is deep, cyclic or expands.
 */
final class PickleMachine {
  private static final int LONGEST_PICKLE = 64 << 20;
  private static final int DEEPEST_STACK = 1 << 20;

  private final PickleLexer lexer;
  private final PickleCalls calls;
  private final PersistentIds ids;
  private final List<PyValue> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, PyValue> memo = new HashMap<>();

  PickleMachine(ByteBuffer pickle, String record, StorageSource storages, PickleDialect dialect) {
    this.lexer = new PickleLexer(pickle, record, dialect);
    this.calls = new PickleCalls(lexer);
    this.ids = new PersistentIds(lexer, storages);
    if (pickle.remaining() > LONGEST_PICKLE) {
      throw lexer.refuse(
          "a pickle of %d bytes, at most %d are read", pickle.remaining(), LONGEST_PICKLE);
    }
  }

  /** The value: an archive's checked by {@link PyTree}, Python's not safe to walk by recursion. */
  PyValue run() {
    for (Opcode opcode = lexer.next(); opcode != Opcode.STOP; opcode = lexer.next()) {
      step(opcode);
      if (stack.size() > DEEPEST_STACK) {
        throw lexer.refuse("more than %d values at once; the pickle is malformed", DEEPEST_STACK);
      }
    }
    PyValue value = pop();
    if (!stack.isEmpty() || !marks.isEmpty()) {
      throw lexer.refuse("%d values are left over at STOP; the pickle is malformed", stack.size());
    }
    if (!lexer.isPython()) {
      PyTree.check(value, lexer);
    }
    return value;
  }

  /** What Python saved. */
  SavedObject saved() {
    return new SavedObject(run(), List.copyOf(calls.notMade()));
  }

  /** Bytes of the pickle, STOP included, once it has run. */
  int end() {
    return lexer.end();
  }

  private void step(Opcode opcode) {
    switch (opcode) {
      case PROTO -> requireProtocol();
      case FRAME, STOP -> {}
      case MARK -> marks.push(stack.size());
      case POP -> pop();
      case NONE -> stack.add(PyNone.NONE);
      case NEWTRUE -> stack.add(new PyBool(true));
      case NEWFALSE -> stack.add(new PyBool(false));
      case BININT, BININT1, BININT2 -> stack.add(new PyInt(lexer.number()));
      case LONG1, LONG4 ->
          stack.add(lexer.isLarge() ? new PyOpaque("large int") : new PyInt(lexer.number()));
      case BINFLOAT -> stack.add(new PyFloat(lexer.real()));
      case BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, BINSTRING, SHORT_BINSTRING ->
          stack.add(new PyString(lexer.text()));
      case BINBYTES, SHORT_BINBYTES, BINBYTES8 -> stack.add(new PyOpaque("bytes"));
      case BYTEARRAY8 -> stack.add(new PyOpaque("bytearray"));
      case EMPTY_SET -> stack.add(new PyOpaque("set"));
      case ADDITEMS -> addItems();
      case FROZENSET -> {
        popToMark();
        stack.add(new PyOpaque("frozenset"));
      }
      case POP_MARK -> popToMark();
      case DUP -> stack.add(top());
      case EMPTY_LIST -> stack.add(new PyList("", new ArrayList<>()));
      case LIST -> stack.add(new PyList("", popToMark()));
      case APPEND -> append(List.of(pop()));
      case APPENDS -> append(popToMark());
      case EMPTY_TUPLE -> stack.add(new PyTuple(List.of()));
      case TUPLE -> stack.add(new PyTuple(popToMark()));
      case TUPLE1 -> stack.add(new PyTuple(pop(1)));
      case TUPLE2 -> stack.add(new PyTuple(pop(2)));
      case TUPLE3 -> stack.add(new PyTuple(pop(3)));
      case EMPTY_DICT -> stack.add(new PyDict(new LinkedHashMap<>()));
      case DICT -> dict();
      case SETITEM -> setItems(pop(2));
      case SETITEMS -> setItems(popToMark());
      case GET, LONG_GET -> stack.add(recall());
      case PUT, LONG_PUT -> memoize(lexer.number());
      case MEMOIZE -> memo.put((long) memo.size(), top());
      case GLOBAL -> stack.add(calls.global(lexer.text(), lexer.secondText()));
      case STACK_GLOBAL -> stackGlobal();
      case NEWOBJ -> newObject(pop(2));
      case NEWOBJ_EX -> newObject(pop(3));
      case REDUCE -> reduce();
      case BUILD -> build();
      case BINPERSID -> stack.add(ids.storage(pop()));
    }
  }

  private void requireProtocol() {
    if (lexer.number() < 2 || lexer.number() > 5) {
      throw lexer.refuse("pickle protocol %d, expected 2 to 5", lexer.number());
    }
  }

  /**
   * Writers count memo entries from 0 on. Here a number is as good as another, but libtorch, which
   * reads the file after us, has a table up to it: 64 GB for the greatest.
   */
  private void memoize(long entry) {
    if (entry > Math.max(0xff, lexer.end())) {
      throw lexer.refuse(
          "memo entry %d within %d bytes; the pickle is malformed", entry, lexer.end());
    }
    memo.put(entry, top());
  }

  private PyValue recall() {
    PyValue value = memo.get(lexer.number());
    if (value == null) {
      throw lexer.refuse(
          "memo entry %d is read before it is written; the pickle is malformed", lexer.number());
    }
    return value;
  }

  private void append(List<PyValue> items) {
    if (top() instanceof PyOpaque) {
      return; // a kind of list, whose numbers nobody looks for
    }
    if (!(top() instanceof PyList list)) {
      throw lexer.refuse("APPEND to %s, expected a list", PyTree.kind(top()));
    }
    list.items().addAll(items);
  }

  private void addItems() {
    popToMark();
    if (!(top() instanceof PyOpaque)) {
      throw lexer.refuse("ADDITEMS to %s, expected a set", PyTree.kind(top()));
    }
  }

  private void dict() {
    List<PyValue> items = popToMark();
    stack.add(new PyDict(new LinkedHashMap<>()));
    setItems(items);
  }

  private void setItems(List<PyValue> items) {
    Map<PyValue, PyValue> entries;
    if (top() instanceof PyDict dict) {
      entries = dict.items();
    } else if (top() instanceof PyOpaque opaque) {
      entries = opaque.items();
    } else {
      throw lexer.refuse("SETITEM on %s, expected a dict", PyTree.kind(top()));
    }
    if (items.size() % 2 != 0) {
      throw lexer.refuse("SETITEMS with %d values, expected pairs", items.size());
    }
    for (int i = 0; i < items.size(); i += 2) {
      entries.put(PyTree.key(items.get(i), lexer), items.get(i + 1));
    }
  }

  private void stackGlobal() {
    List<PyValue> names = pop(2);
    if (!(names.get(0) instanceof PyString module) || !(names.get(1) instanceof PyString name)) {
      throw lexer.refuse("STACK_GLOBAL without two strings; the pickle is malformed");
    }
    stack.add(calls.global(module.value(), name.value()));
  }

  private void newObject(List<PyValue> parts) {
    stack.add(calls.newObject(parts.get(0), parts.get(1)));
  }

  private void reduce() {
    List<PyValue> parts = pop(2);
    stack.add(calls.call(parts.get(0), parts.get(1)));
  }

  /** A module's attributes; what Python hangs on an OrderedDict or a tensor is not data. */
  private void build() {
    PyValue state = pop();
    PyValue target = top();
    if (target instanceof PyDict || target instanceof PyTensor) {
      return;
    }
    if (target instanceof PyOpaque opaque) {
      buildOpaque(opaque, state);
      return;
    }
    if (!(target instanceof PyObject object) || !object.attributes().isEmpty()) {
      if (lexer.isPython()) {
        return; // a state that is set on what another call gave, such as a shared dict or None
      }
      throw lexer.refuse("BUILD on %s, expected a new object", PyTree.kind(target));
    }
    if (!(state instanceof PyDict dict) || !dict.types().isEmpty()) {
      object.attributes().put(PyObject.STATE, state);
      return;
    }
    calls.countCopies(dict.items().size());
    dict.items()
        .forEach(
            (name, value) -> {
              if (!(name instanceof PyString text)) {
                throw lexer.refuse("an attribute named by %s", PyTree.kind(name));
              }
              object.attributes().put(text.value(), value);
            });
  }

  /** Attributes, or a pair of attributes and slots; another state has no names. */
  private static void buildOpaque(PyOpaque opaque, PyValue state) {
    boolean both = state instanceof PyTuple pair && pair.items().size() == 2;
    for (PyValue part : both ? PyTree.parts(state) : List.of(state)) {
      if (part instanceof PyDict attributes) {
        opaque.states().add(attributes);
      }
    }
  }

  private PyValue top() {
    requireAboveMark(1);
    return stack.get(stack.size() - 1);
  }

  private PyValue pop() {
    requireAboveMark(1);
    return stack.remove(stack.size() - 1);
  }

  private List<PyValue> pop(int count) {
    requireAboveMark(count);
    return cut(stack.size() - count);
  }

  private List<PyValue> popToMark() {
    if (marks.isEmpty()) {
      throw lexer.refuse("no MARK before it; the pickle is malformed");
    }
    return cut(marks.pop());
  }

  private List<PyValue> cut(int from) {
    List<PyValue> tail = stack.subList(from, stack.size());
    List<PyValue> values = new ArrayList<>(tail);
    tail.clear();
    return values;
  }

  private void requireAboveMark(int count) {
    int floor = marks.isEmpty() ? 0 : marks.peek();
    if (stack.size() - floor < count) {
      throw lexer.refuse("needs %d values, the stack has too few; the pickle is malformed", count);
    }
  }
}
