package dev.lapidary.torchscript.pt2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** Changes a JSON text by its structure: it still parses, and means something else. */
final class JsonMutator {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private JsonMutator() {}

  static byte[] mutate(byte[] json, Random random) {
    JsonNode root = read(json);
    List<JsonNode> containers = new ArrayList<>();
    collect(root, containers);
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      JsonNode container = containers.get(random.nextInt(containers.size()));
      JsonNode other = containers.get(random.nextInt(containers.size()));
      if (container instanceof ArrayNode array) {
        change(array, other, random);
      } else {
        change((ObjectNode) container, other, random);
      }
    }
    return write(root);
  }

  /** All different strings that a file's names may be. */
  static List<String> strings(byte[] json) {
    TreeSet<String> strings = new TreeSet<>();
    gather(read(json), strings);
    return List.copyOf(strings);
  }

  static byte[] renamed(byte[] json, String from, String to) {
    String text = new String(json, java.nio.charset.StandardCharsets.UTF_8);
    String a = quoted(from);
    return text.replace(a, quoted(to)).getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  /** What a name must not do to the printed text. */
  static String hostile(Random random) {
    String[] texts = {
      "x\n    return torch.zeros([1])\n    y",
      "a\"] = int\n  b : Tensor\n  __annotations__[\"c",
      "conv1.weight; import os",
      "self",
      "torch",
      "training",
      "forward",
      "",
      ".",
      "..",
      "a..b",
      "weight.",
      "a.b.".repeat(100) + "c",
      "x".repeat(5000),
      "\u0000self\u0000",
      "%s%n%d",
      "$1\\",
      "\u202egnp",
      "torch.ops.aten.os.system",
      "torch.ops.aten.relu.default)\n  x = (",
      "__class__",
      "getattr",
      "L__self__,a,b.C;L__self__,a.b,c.D;x,a.b.c,e.F",
      "0",
      "features",
      "class"
    };
    return texts[random.nextInt(texts.length)];
  }

  private static void change(ArrayNode array, JsonNode other, Random random) {
    if (array.isEmpty()) {
      array.add(value(other, random));
      return;
    }
    int at = random.nextInt(array.size());
    switch (random.nextInt(4)) {
      case 0 -> array.remove(at);
      case 1 -> array.insert(at, array.get(random.nextInt(array.size())));
      case 2 -> array.set(at, array.get(random.nextInt(array.size())));
      default -> array.set(at, value(other, random));
    }
  }

  private static void change(ObjectNode object, JsonNode other, Random random) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    if (names.isEmpty()) {
      object.set("name", value(other, random));
      return;
    }
    String name = names.get(random.nextInt(names.size()));
    switch (random.nextInt(4)) {
      case 0 -> object.remove(name);
      case 1 -> object.set(names.get(random.nextInt(names.size())), object.get(name));
      default -> object.set(name, value(other, random));
    }
  }

  private static JsonNode value(JsonNode other, Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.numberNode((1L << random.nextInt(64)) + random.nextInt(3) - 1);
      case 2 -> NODES.numberNode(-random.nextInt(100));
      case 3 -> TextNode.valueOf(hostile(random));
      case 4 -> NODES.booleanNode(random.nextBoolean());
      case 5 -> DoubleNode.valueOf(random.nextGaussian() * 1e30);
      case 6 -> NODES.numberNode(random.nextInt(20));
      default -> other.deepCopy();
    };
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node instanceof ContainerNode<?>) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private static void gather(JsonNode node, TreeSet<String> strings) {
    if (node.isTextual()) {
      strings.add(node.asText());
    }
    node.forEach(child -> gather(child, strings));
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  private static JsonNode read(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] write(JsonNode root) {
    try {
      return MAPPER.writeValueAsBytes(root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
